//! Where an item stands, in words: the mark, the sentence, what to do about it, and which buttons help.

use media_index::{Damage, Facts, Plays, Why};

use crate::library::{Entry, Line, Stands, State as FileState};
use crate::look::{Texts, art, format};
use crate::prepare::{Aim, Now, Rest, Status};
use crate::types::{ItemId, Lang};

/// A button of the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Button {
    /// What it sends.
    pub(super) act: &'static str,
    /// What it says.
    pub(super) label: &'static str,
}

/// What the desk says of one item.
#[derive(Debug, Clone, Default)]
pub(super) struct Standing {
    /// The class of the mark before the sentence.
    pub(super) tag: &'static str,
    pub(super) state: String,
    pub(super) remedy: String,
    /// How far something is.
    pub(super) bar: String,
    pub(super) buttons: Vec<Button>,
}

fn say(tag: &'static str, state: &str, remedy: impl Into<String>) -> Standing {
    Standing {
        tag,
        state: state.to_owned(),
        remedy: remedy.into(),
        ..Standing::default()
    }
}

/// Whether somebody has to do something about it. `work` is the preparer's.
pub(super) fn needs_you(line: &Line<'_>, work: &Status) -> bool {
    match line.stands() {
        Stands::Damaged => true,
        Stands::Ready if matches!(line.plays(), Plays::Prepare | Plays::No) && !line.is_hidden() => {
            line.id().is_none_or(|id| !is_on_its_way(&id, work))
        }
        _ => false,
    }
}

fn is_on_its_way(id: &ItemId, work: &Status) -> bool {
    let is_it = |item: ItemId, aim: Aim| item == *id && aim == Aim::Film;
    let waits = work.waiting.iter().any(|job| is_it(job.item, job.aim));
    let is_now = work
        .now
        .is_some_and(|now| is_it(now.job.item, now.job.aim) && !is_full(now.rests));
    waits || is_now
}

fn is_full(rests: Option<Rest>) -> bool {
    matches!(rests, Some(Rest::DiskFull { .. }))
}

/// What is said of an entry. `facts` are known for what was looked into.
pub(super) fn of(entry: &Entry, facts: Option<&Facts>, work: &Status, t: &'static Texts, lang: Lang) -> Standing {
    match &entry.state {
        _ if entry.hidden => say("tag-off", t.library.state_hidden, ""),
        FileState::Copying(percent) => copying(*percent, t),
        FileState::Damaged(damage) => match &**damage {
            Damage::Note(why) => say(
                "tag-you",
                t.library.note_wrong,
                format::fill(t.library.note_wrong_do, &[why]),
            ),
            damage => say("tag-you", t.library.damaged, remedy(damage, t)),
        },
        FileState::Offline => say("tag-off", t.library.state_offline, t.library.offline_do),
        FileState::Waiting => say("tag-you", t.library.state_waiting, t.today.waiting_do),
        FileState::Ready if entry.is_prepared() => say("tag-ok", t.library.prepared, t.library.prepared_note),
        FileState::Ready => ready(entry, facts, work, t, lang),
    }
}

/// Where the district vets, nobody at the station can do anything about what waits.
pub(super) fn vetted_by(district: bool, said: Standing, t: &'static Texts) -> Standing {
    if district && said.state == t.library.state_waiting {
        return say("tag-off", t.down.state_unlisted, t.down.waiting_district);
    }
    said
}

fn copying(percent: Option<u8>, t: &Texts) -> Standing {
    let shown = percent.map(|p| format!(" {p}%")).unwrap_or_default();
    let mut standing = say("tag-go", &format!("{}{shown}", t.library.copying), t.library.copying_do);
    standing.bar = percent.map_or_else(String::new, |p| art::share_bar(p.into(), 100));
    standing
}

fn ready(entry: &Entry, facts: Option<&Facts>, work: &Status, t: &'static Texts, lang: Lang) -> Standing {
    let why = facts.map(|facts| why(entry, facts, t)).unwrap_or_default();
    let preparing = entry.id.and_then(|id| preparing(entry, &id, work, t, lang));
    let mut standing = match (preparing, entry.plays) {
        (Some(standing), _) => return standing,
        (None, Plays::Everywhere) => say("tag-ok", t.library.ready, why),
        (None, Plays::Pc) => say("tag-ok", t.library.plays_pc, why),
        (None, Plays::No) => say("tag-you", t.library.plays_prepare, why),
        (None, _) if work.is_able => say(
            "tag-you",
            t.library.plays_prepare,
            format!("{why}{}", t.library.prepare_unasked_do),
        ),
        (None, _) if work.is_off => say(
            "tag-you",
            t.library.plays_prepare,
            format!("{why}{}", t.library.prepare_off),
        ),
        (None, _) => say(
            "tag-you",
            t.library.plays_prepare,
            format!("{why}{}", t.library.prepare_missing),
        ),
    };
    let would_help = !matches!(entry.why, Why::Nothing | Why::Download | Why::Encrypted);
    if work.is_able && would_help {
        standing.buttons.push(Button {
            act: "prepare",
            label: t.library.prepare_act,
        });
    }
    standing
}

/// What the preparer does about it, if anything.
fn preparing(entry: &Entry, id: &ItemId, work: &Status, t: &'static Texts, lang: Lang) -> Option<Standing> {
    let stop = Button {
        act: "stop",
        label: t.library.prepare_stop,
    };
    let again = Button {
        act: "prepare",
        label: t.library.prepare_again,
    };
    let mut standing = if let Some(now) = work.now.filter(|now| now.job.item == *id && now.job.aim == Aim::Film) {
        Standing {
            buttons: vec![stop],
            ..under_way(&now, t, lang)
        }
    } else if let Some(turn) = work
        .waiting
        .iter()
        .position(|job| job.item == *id && job.aim == Aim::Film)
    {
        Standing {
            buttons: vec![stop],
            ..say(
                "tag-go",
                t.library.prepare_waits,
                format::fill(t.library.prepare_waits_do, &[&(turn + 1)]),
            )
        }
    } else if let Some(reason) = work.failed.get(&(*id, Aim::Film)) {
        Standing {
            buttons: vec![again],
            ..say(
                "tag-you",
                t.library.prepare_failed,
                format::fill(t.library.prepare_failed_do, &[reason]),
            )
        }
    } else if entry.prepare() == Some(false) && entry.plays == Plays::Prepare {
        Standing {
            buttons: vec![Button {
                label: t.library.prepare_act,
                ..again
            }],
            ..say("tag-off", t.library.prepare_stopped, t.library.prepare_stopped_do)
        }
    } else {
        return None;
    };
    if let Some(fault) = &work.fault {
        standing.remedy = format::fill(t.library.prepare_folder, &[fault]);
    }
    Some(standing)
}

fn under_way(now: &Now, t: &Texts, lang: Lang) -> Standing {
    let percent = now.percent();
    let shown = percent.map(|p| format!(" {p}%")).unwrap_or_default();
    let remedy = match (now.rests, now.left) {
        (Some(Rest::Viewers(viewers)), _) => format::fill(t.library.prepare_rests, &[&viewers]),
        (Some(Rest::Screening), _) => t.library.prepare_rests_evening.to_owned(),
        (Some(Rest::DiskFull { free, need }), _) => {
            format::fill(t.library.prepare_full, &[&format::bytes(free), &format::bytes(need)])
        }
        (None, Some(left)) => format::fill(t.library.prepare_left, &[&format::length(left, lang)]),
        (None, None) => t.library.prepare_begun.to_owned(),
    };
    let tag = if is_full(now.rests) { "tag-you" } else { "tag-go" };
    Standing {
        bar: percent.map_or_else(String::new, |p| art::share_bar(p.into(), 100)),
        ..say(tag, &format!("{}{shown}", t.library.prepare_now), remedy)
    }
}

/// The reason of the verdict, in a sentence.
fn why(entry: &Entry, facts: &Facts, t: &Texts) -> String {
    let file = entry.file();
    let ending = file.rsplit('.').next().unwrap_or("").to_uppercase();
    let picture = facts.video.as_ref();
    let codec = |name: &str| name.to_uppercase();
    match entry.why {
        Why::Nothing => String::new(),
        Why::Container => format::fill(t.library.why_container, &[&ending]),
        Why::PictureFormat => format::fill(t.library.why_picture, &[&codec(picture.map_or("", |v| &v.codec))]),
        Why::BitDepth => t.library.why_depth.to_owned(),
        Why::SoundFormat => format::fill(
            t.library.why_sound,
            &[&codec(facts.audio.as_ref().map_or("", |a| &a.codec))],
        ),
        Why::TooLarge => {
            let (width, height) = picture.map_or((0, 0), |v| (v.width, v.height));
            format::fill(t.library.why_large, &[&format!("{width}×{height}")])
        }
        Why::TooFast => format::fill(t.library.why_fast, &[&(facts.bitrate.unwrap_or(0) / 1_000_000)]),
        Why::IndexLast => t.library.why_index_last.to_owned(),
        Why::Encrypted => t.library.why_encrypted.to_owned(),
        Why::Download => t.library.why_download.to_owned(),
    }
}

pub(super) fn remedy(damage: &Damage, t: &Texts) -> &'static str {
    match damage {
        Damage::Empty => t.library.damage_empty,
        Damage::Truncated { .. } => t.library.damage_truncated,
        Damage::IndexMissing => t.library.damage_index,
        Damage::NotWhatItsNameSays => t.library.damage_name,
        Damage::Broken(_) | Damage::NoStreams | Damage::Note(_) => t.library.damage_broken,
        Damage::Unreadable(_) => t.library.damage_unreadable,
        Damage::LinkOutside => t.library.damage_link,
        Damage::LinkNowhere => t.library.damage_link_nowhere,
        Damage::TooMany => t.library.damage_many,
    }
}

/// Container, codecs and size of the picture in one line, as a technician would write them.
pub(super) fn format_line(entry: &Entry, facts: &Facts) -> String {
    let file = entry.file();
    let ending = file.rsplit('.').next().unwrap_or("").to_uppercase();
    let picture = facts.video.as_ref().map(|video| {
        let bits = video.bit_depth.filter(|bits| *bits != 8);
        let bits = bits.map(|bits| format!(" {bits} bit")).unwrap_or_default();
        format!("{}{bits} {}×{}", video.codec.to_uppercase(), video.width, video.height)
    });
    let sound = facts.audio.as_ref().map(|audio| audio.codec.to_uppercase());
    let rate = facts.bitrate.map(|rate| format!("{} kbit/s", rate / 1000));
    [Some(ending), picture, sound, rate]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" · ")
}
