//! Poster and thumbnail: the picture at a tenth of the film, where the titles are over.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::ffmpeg::{Order, Programs, RunError, file, run};
use super::folder::{Folder, remove};
use crate::library::Part;
use crate::types::{ItemId, Millis};

/// As wide as a phone's screen; oblong pixels are made square, the height is even.
const POSTER: &str = "scale=w='min(960,trunc(iw*sar/2)*2)':h=-2,setsar=1";
/// Fills a square and is cut to it.
const THUMB: &str = "scale=w=iw*sar:h=ih,scale=160:160:force_original_aspect_ratio=increase,crop=160:160,setsar=1";

/// Makes both pictures of `film`, which plays `length`.
pub(super) fn make(
    programs: &Programs,
    folder: &Folder,
    item: &ItemId,
    film: &Path,
    length: Millis,
    order: &mut dyn FnMut(Millis) -> Order,
) -> Result<(), RunError> {
    let parts = [Part::Poster, Part::Thumb].map(|part| (part, folder.place(item, part)));
    let halves = parts.each_ref().map(|(_, place)| half(place));
    let complaints = folder.work(item).with_extension("log");
    // A film without an index cannot be entered at a tenth: then its first picture has to do.
    let made = [length.0 / 10, 0].iter().find_map(|at_ms| {
        let tried = shoot(programs, film, *at_ms, &halves, &complaints, order);
        match tried {
            Ok(()) if halves.iter().all(|half| half.is_file()) => Some(Ok(())),
            Err(RunError::Stopped) => Some(Err(RunError::Stopped)),
            Ok(()) | Err(_) if *at_ms > 0 => None,
            Ok(()) => Some(Err(RunError::Failed("no picture was found in it".into()))),
            Err(error) => Some(Err(error)),
        }
    });
    remove(&complaints);
    made.unwrap_or(Err(RunError::Failed("no picture was found in it".into())))?;
    for ((part, _), half) in parts.iter().zip(&halves) {
        folder.put(item, *part, half)?;
    }
    Ok(())
}

/// `<item>.jpg` → `<item>.part.jpg`, `<item>.thumb.jpg` → `<item>.part.thumb.jpg`.
fn half(place: &Path) -> std::path::PathBuf {
    let name = place.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
    let (item, rest) = name.split_once('.').unwrap_or((&name, "jpg"));
    place.with_file_name(format!("{item}.part.{rest}"))
}

fn shoot(
    programs: &Programs,
    film: &Path,
    at_ms: u64,
    to: &[std::path::PathBuf; 2],
    complaints: &Path,
    order: &mut dyn FnMut(Millis) -> Order,
) -> Result<(), RunError> {
    let at = format!("{}.{:03}", at_ms / 1000, at_ms % 1000);
    let mut args: Vec<OsString> = ["-ss", &at, "-i"].map(OsString::from).into();
    args.push(file(film));
    for (filter, to) in [POSTER, THUMB].iter().zip(to) {
        let shot = [
            "-map",
            "0:v:0",
            "-frames:v",
            "1",
            "-vf",
            filter,
            "-c:v",
            "mjpeg",
            "-q:v",
            "4",
        ];
        args.extend(shot.map(OsString::from));
        args.extend(["-pix_fmt", "yuvj420p", "-f", "image2", "-update", "1"].map(OsString::from));
        args.push(file(to));
    }
    let args: Vec<&OsStr> = args.iter().map(OsString::as_os_str).collect();
    run(programs, &args, complaints, order)
}
