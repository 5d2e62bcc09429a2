//! What it costs to keep a folder indexed, beside minidlna on the same files: `cargo bench --bench index`.
//!
//! For 200, 2,000 and 20,000 films (or the numbers given after `--`) it makes the files, lets the station's real program
//! index them, starts it again with nothing changed, puts one more film there, and does the same with minidlna (Debian's
//! package) if that is installed. ffmpeg is needed once, for the film that all are copies of.
//!
//! CPU-seconds and bytes are the kernel's count for the process and do not depend on what else the machine does; times
//! do, and are printed to be read with that in mind.

#![expect(
    clippy::disallowed_methods,
    reason = "a bystander: it looks at other processes every so often, and has no clock to ask"
)]

mod films;
mod minidlna;
mod process;
mod station;
mod trial;

use trial::Figures;

fn main() {
    let counts: Vec<usize> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let counts = if counts.is_empty() {
        vec![200, 2_000, 20_000]
    } else {
        counts
    };
    let film = films::one();
    for count in counts {
        let home = tempfile::tempdir().expect("a folder for the files");
        let library = films::Library::make(home.path(), &film, count);
        let ours = trial::run(station::begin, &library);
        let theirs = minidlna::is_there().then(|| trial::run(minidlna::begin, &library));
        print(count, &ours, theirs.as_ref());
    }
}

fn print(count: usize, ours: &Figures, theirs: Option<&Figures>) {
    println!("\n{count} films              yuanjiao    minidlna       ratio");
    for (n, (what, mine)) in ours.lines(count).into_iter().enumerate() {
        let other = theirs.map(|figures| figures.lines(count)[n].1);
        let side = other.map_or("          -           -".to_owned(), |other| {
            format!("{other:>12.2}{:>12.2}", mine / other)
        });
        println!("{what:<26}{mine:>12.2}{side}");
    }
    if theirs.is_none() {
        println!("minidlna is not installed (Debian: apt-get install minidlna)");
    }
}
