//! Looks through the folder named on the command line once, and says how much was found: to measure with.

use media_index::{Memory, Settings, scan_once};

fn main() -> Result<(), media_index::IndexError> {
    let root = std::env::args().nth(1).unwrap_or_else(|| ".".into());
    let catalogue = scan_once(Settings::new(root.into()), Box::new(Memory::default()))?;
    println!(
        "{} items, {} troubles",
        catalogue.items().count(),
        catalogue.troubles.len()
    );
    Ok(())
}
