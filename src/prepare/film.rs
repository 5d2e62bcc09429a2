//! The version that every phone plays.
//!
//! What is quick or short is made in one go. Long encoding goes piece by piece: the sound once and whole, the picture in
//! pieces of two minutes, each kept when it is done; at the end all is joined without touching it again. The length of
//! each piece is written into the list of the join, so that no rounding adds up and sound and picture stay together.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::ffmpeg::{Order, Programs, RunError, file, run};
use super::folder::{self, Folder};
use super::recipe::{PIECE_S, Recipe, Track};
use crate::library::{Part, Version};
use crate::types::{ItemId, Millis};

/// What is to be made.
pub(super) struct Task<'a> {
    pub(super) programs: &'a Programs,
    pub(super) folder: &'a Folder,
    pub(super) item: ItemId,
    /// The original.
    pub(super) film: &'a Path,
    pub(super) length: Millis,
    pub(super) recipe: Recipe,
}

/// Makes the version; `order` is told how much of the film is done.
pub(super) fn make(task: &Task<'_>, order: &mut dyn FnMut(Millis) -> Order) -> Result<Version, RunError> {
    let work = task.folder.work(&task.item);
    task.begin(&work)?;
    let pieces = task.recipe.pieces(task.length.0);
    let result = if pieces == 1 {
        task.in_one_go(&work, order)?
    } else {
        task.piece_by_piece(&work, pieces, order)?
    };
    let version = task.check(&result)?;
    task.folder.put(&task.item, Part::Film, &result)?;
    folder::remove(&work);
    Ok(version)
}

impl Task<'_> {
    /// Pieces of another recipe do not fit this one; half pieces fit nothing.
    fn begin(&self, work: &Path) -> std::io::Result<()> {
        let note = work.join("recipe");
        let recipe = format!("{:?} {}\n", self.recipe, self.length.0);
        if fs::read_to_string(&note).is_ok_and(|text| text != recipe) {
            folder::remove(work);
        }
        fs::create_dir_all(work)?;
        for entry in fs::read_dir(work)? {
            let path = entry?.path();
            if path.to_string_lossy().contains(".half.") {
                folder::remove(&path);
            }
        }
        fs::write(note, recipe)
    }

    fn in_one_go(&self, work: &Path, order: &mut dyn FnMut(Millis) -> Order) -> Result<PathBuf, RunError> {
        let mut args = self.input(&[]);
        args.extend(words(&["-map", "0:v:0?", "-map", "0:a:0?", "-sn", "-dn"]));
        args.extend(words(&self.recipe.picture_args()));
        args.extend(words(&self.recipe.sound_args()));
        args.extend(words(&["-movflags", "+faststart"]));
        self.run(work, "whole.mp4", args, order)
    }

    fn piece_by_piece(
        &self,
        work: &Path,
        pieces: u64,
        order: &mut dyn FnMut(Millis) -> Order,
    ) -> Result<PathBuf, RunError> {
        let mut list = vec!["ffconcat version 1.0".to_owned()];
        let has_sound = self.recipe.sound != Track::Absent;
        if has_sound {
            let mut args = self.input(&[]);
            args.extend(words(&["-map", "0:a:0", "-vn"]));
            args.extend(words(&self.recipe.sound_args()));
            self.run(work, "sound.m4a", args, &mut |_| order(Millis::ZERO))?;
        }
        for n in 0..pieces {
            let name = format!("{n:05}.mp4");
            let from = Millis::secs(n * PIECE_S);
            self.piece(work, &name, from, &mut |at| order(Millis(from.0 + at.0)))?;
            list.push(format!("file '{name}'\nduration {PIECE_S}"));
        }
        fs::write(work.join("list"), list.join("\n"))?;
        self.join(work, has_sound, &mut |_| order(self.length))
    }

    fn piece(
        &self,
        work: &Path,
        name: &str,
        from: Millis,
        order: &mut dyn FnMut(Millis) -> Order,
    ) -> Result<PathBuf, RunError> {
        let (at, length) = ((from.0 / 1000).to_string(), PIECE_S.to_string());
        let mut args = self.input(&["-ss", &at, "-t", &length]);
        args.extend(words(&["-map", "0:v:0", "-an", "-sn", "-dn"]));
        args.extend(words(&self.recipe.picture_args()));
        self.run(work, name, args, order)
    }

    fn join(&self, work: &Path, has_sound: bool, order: &mut dyn FnMut(Millis) -> Order) -> Result<PathBuf, RunError> {
        let mut args = words(&["-f", "concat", "-i"]);
        args.push(file(&work.join("list")));
        if has_sound {
            args.push("-i".into());
            args.push(file(&work.join("sound.m4a")));
            args.extend(words(&["-map", "0:v:0", "-map", "1:a:0"]));
        }
        args.extend(words(&["-c", "copy", "-movflags", "+faststart"]));
        self.run(work, "whole.mp4", args, order)
    }

    fn input(&self, before: &[&str]) -> Vec<OsString> {
        let mut args = words(before);
        args.push("-i".into());
        args.push(file(self.film));
        args
    }

    /// Makes one file of the work, unless it is there already: under a name of its own until it is whole and on the disk.
    fn run(
        &self,
        work: &Path,
        name: &str,
        mut args: Vec<OsString>,
        order: &mut dyn FnMut(Millis) -> Order,
    ) -> Result<PathBuf, RunError> {
        let done = work.join(name);
        if done.is_file() {
            return Ok(done);
        }
        let half = work.join(name.replacen('.', ".half.", 1));
        args.extend(words(&["-map_metadata", "-1", "-map_chapters", "-1", "-f", "mp4"]));
        args.push(file(&half));
        let args: Vec<&OsStr> = args.iter().map(OsString::as_os_str).collect();
        run(self.programs, &args, &work.join("complaints"), order)?;
        File::open(&half)?.sync_all()?;
        fs::rename(&half, &done)?;
        File::open(work)?.sync_all()?;
        Ok(done)
    }

    /// The result is looked into like any film: it must play everywhere, and as long as the original.
    fn check(&self, result: &Path) -> Result<Version, RunError> {
        let version = folder::look_into(&File::open(result)?, result);
        let is_as_long = |version: &Version| {
            let length = version.facts.duration_ms.unwrap_or(0);
            self.length == Millis::ZERO || length.abs_diff(self.length.0) <= 2_000 + self.length.0 / 50
        };
        match version {
            Some(version) if is_as_long(&version) => Ok(version),
            result => {
                folder::remove(&self.folder.work(&self.item));
                let length = result.and_then(|version| version.facts.duration_ms).unwrap_or(0) / 1000;
                let wanted = self.length.0 / 1000;
                Err(RunError::Failed(format!(
                    "the result has {length} s instead of {wanted} s"
                )))
            }
        }
    }
}

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// Five minutes of small pictures with a sound that starts late: three pieces.
    fn long_film(path: &Path) {
        let picture = "testsrc2=size=64x48:rate=4:duration=300";
        let inputs = [
            "-f",
            "lavfi",
            "-i",
            picture,
            "-itsoffset",
            "2",
            "-f",
            "lavfi",
            "-i",
            "sine=duration=298",
        ];
        let codecs = ["-c:v", "mpeg4", "-c:a", "mp2", "-f", "matroska"];
        let made = Command::new("ffmpeg")
            .args(["-v", "error"])
            .args(inputs)
            .args(codecs)
            .arg(path)
            .status();
        assert!(made.unwrap().success());
    }

    #[test]
    fn a_power_cut_costs_one_piece_and_the_whole_is_as_long_as_the_original() {
        let home = tempfile::tempdir().unwrap();
        let film = home.path().join("film.mkv");
        long_film(&film);
        let recipe = Recipe {
            picture: Track::Encode,
            sound: Track::Encode,
        };
        let task = Task {
            programs: &Programs::find(None).unwrap(),
            folder: &Folder::open(home.path()).unwrap(),
            item: ItemId::from_digest(&[7; 32]),
            film: &film,
            length: Millis::secs(300),
            recipe,
        };
        let second = Millis::secs(PIECE_S);
        let cut = make(&task, &mut |done| if done < second { Order::Run } else { Order::Stop });
        assert!(matches!(cut, Err(RunError::Stopped)));
        let mut first_heard = None;
        let version = make(&task, &mut |done| {
            first_heard.get_or_insert(done);
            Order::Run
        });
        assert!(
            first_heard.unwrap() >= second,
            "the first piece was not made twice: {first_heard:?}"
        );
        let length = version.unwrap().facts.duration_ms.unwrap();
        assert!(length.abs_diff(300_000) < 600, "{length}");
        assert!(!task.folder.work(&task.item).exists());
    }

    #[test]
    fn a_result_that_is_shorter_than_the_original_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let film = home.path().join("film.mkv");
        long_film(&film);
        let task = Task {
            programs: &Programs::find(None).unwrap(),
            folder: &Folder::open(home.path()).unwrap(),
            item: ItemId::from_digest(&[7; 32]),
            film: &film,
            length: Millis::secs(3_000),
            recipe: Recipe {
                picture: Track::Absent,
                sound: Track::Encode,
            },
        };
        let refused = make(&task, &mut |_| Order::Run);
        assert!(matches!(refused, Err(RunError::Failed(_))), "{refused:?}");
        assert!(!task.folder.place(&task.item, Part::Film).exists());
    }
}
