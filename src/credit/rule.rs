//! Beat, proof and close: what each does to one session.
//!
//! A beat is judged in five steps: is it its turn (1), which of its media are new and were really sent (2), how much of
//! that fits the time that passed (3), has an unanswered presence question lapsed (4), is a new one due (5).

use super::{Bucket, Policy};
use crate::types::{Intervals, Millis, Year};

/// What the player was doing when it sent the beat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlayState {
    /// In the middle of the film, moving or not.
    Under,
    /// At its end: nobody will come back to be asked later, so the question is put now.
    Ended,
}

/// A beat 心跳 as it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beat {
    /// Its number, from 1.
    pub n: u32,
    /// A digest of the body, to tell a repetition from a second thought.
    pub digest: [u8; 8],
    /// The media played since the beat before, `[from_ms, to_ms)` as claimed.
    pub segments: Vec<(i64, i64)>,
    /// What the player was doing.
    pub state: PlayState,
}

/// Why something in a beat earned nothing, for the member's eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// Nobody answered the presence question, so what was pending lapsed.
    Unattended,
    /// This part was counted before.
    NotNew,
    /// This station has not sent that part to this device.
    NotSent,
    /// More was claimed than time had passed.
    TooFast,
}

/// What looked odd in a session, for the district's eyes.
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent remarks, not the states of one machine"
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags {
    /// Silent for longer than the gap cap while playing.
    pub gap: bool,
    /// Claimed more than time allowed.
    pub overclaim: bool,
    /// Segments outside the film or reversed.
    pub range: bool,
    /// A presence question went unanswered.
    pub unattended: bool,
}

impl Flags {
    /// The words that go into the ledger.
    pub fn words(self) -> Vec<String> {
        let all = [
            (self.gap, "gap"),
            (self.overclaim, "overclaim"),
            (self.range, "range"),
            (self.unattended, "unattended"),
        ];
        let set = all.into_iter().filter(|(set, _)| *set);
        set.map(|(_, word)| word.to_owned()).collect()
    }

    /// As bits, for the session's row.
    pub fn bits(self) -> u8 {
        u8::from(self.gap) | u8::from(self.overclaim) << 1 | u8::from(self.range) << 2 | u8::from(self.unattended) << 3
    }

    /// From bits.
    pub fn from_bits(bits: u8) -> Self {
        Self {
            gap: bits & 1 != 0,
            overclaim: bits & 2 != 0,
            range: bits & 4 != 0,
            unattended: bits & 8 != 0,
        }
    }
}

/// What was played in a session and earned nothing, by the reason: for the member's eyes, who is told in words. It enters
/// no figure.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Lost {
    /// Nobody answered the presence question.
    #[serde(skip_serializing_if = "Intervals::is_empty")]
    pub unattended: Intervals,
    /// More was claimed than time had passed.
    #[serde(skip_serializing_if = "Intervals::is_empty")]
    pub too_fast: Intervals,
    /// This station had not sent that part to this device.
    #[serde(skip_serializing_if = "Intervals::is_empty")]
    pub not_sent: Intervals,
    /// Played although it had been counted before, or waited to be.
    #[serde(skip_serializing_if = "is_zero")]
    pub again: Millis,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(ms: &Millis) -> bool {
    *ms == Millis::ZERO
}

/// More pieces than this are no viewing but somebody who plays with a script; the remark need not name each.
const LOST_PIECES: usize = 64;

fn with(lost: &Intervals, more: &Intervals) -> Intervals {
    let mut pairs = lost.union(more).pairs().to_vec();
    pairs.truncate(LOST_PIECES);
    Intervals::from(pairs)
}

impl Lost {
    /// What was pending lapses.
    pub fn lapse(&mut self, pending: &Pending) {
        for (_, media) in pending.by_year() {
            self.unattended = with(&self.unattended, media);
        }
    }

    /// What is still lost once `counted` has been credited: a part that was watched again is nobody's loss.
    #[must_use]
    pub fn but(&self, counted: &Intervals) -> Self {
        Self {
            unattended: self.unattended.minus(counted),
            too_fast: self.too_fast.minus(counted),
            not_sent: self.not_sent.minus(counted),
            again: self.again,
        }
    }
}

/// A time in which the station could record nothing, by its monotonic clock: the first and the last act that it refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hindered {
    /// The first.
    pub from: Millis,
    /// The last.
    pub to: Millis,
}

impl Session {
    /// A presence question that was open while the station could record no answer: the time to answer begins anew, for a
    /// station's fault is not the member's (rule 5).
    pub fn hindered(&mut self, policy: &Policy, by: Hindered) {
        let open_then = |asked: &Millis| *asked <= by.to && by.from <= asked.plus(policy.presence_answer);
        if !self.unattended && self.asked.as_ref().is_some_and(open_then) {
            self.asked = Some(by.to);
        }
    }
}

/// What the rule knows of a session between two beats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Monotonic time of its opening.
    pub opened: Millis,
    /// Number of the last accepted beat; 0 before the first.
    pub n: u32,
    /// Digest of that beat's body.
    pub digest: [u8; 8],
    /// What that beat's answer remarked.
    pub note: Option<Note>,
    /// Media waiting for a presence proof, by the year in which they were seen.
    pub pending: Pending,
    /// Credited play since the last proof.
    pub unproved: Millis,
    /// When the presence question was put, if one is open.
    pub asked: Option<Millis>,
    /// The question is due once `unproved` reaches this.
    pub ask_after: Millis,
    /// A question lapsed; nothing is credited until a proof comes.
    pub unattended: bool,
    /// What looked odd so far.
    pub flags: Flags,
    /// What earned nothing so far, and why.
    pub lost: Lost,
}

/// Pending media by year. Nearly always one year; two on New Year's Eve or when the clock was set in between.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Pending(Vec<(Year, Intervals)>);

impl Pending {
    /// What is pending for a year.
    pub fn of(&self, year: Year) -> Intervals {
        self.0
            .iter()
            .find(|(y, _)| *y == year)
            .map_or_else(Intervals::none, |(_, set)| set.clone())
    }

    /// All of it, by year.
    pub fn by_year(&self) -> &[(Year, Intervals)] {
        &self.0
    }

    /// How much is pending in all years together.
    pub fn total(&self) -> Millis {
        Millis(self.0.iter().map(|(_, set)| set.total().0).sum())
    }

    /// Adds to a year.
    #[must_use]
    pub fn with(&self, year: Year, more: &Intervals) -> Self {
        let mut all = self.0.clone();
        if !more.is_empty() {
            match all.iter_mut().find(|(y, _)| *y == year) {
                Some((_, set)) => *set = set.union(more),
                None => all.push((year, more.clone())),
            }
        }
        Self(all)
    }
}

/// What is known about the item and the device.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The item's length; nothing beyond it exists.
    pub length: Millis,
    /// Media already credited to this member for this item in this year.
    pub credited: &'a Intervals,
    /// Media whose bytes this station really sent to this device.
    pub sent: &'a Intervals,
    /// The year that the clock names.
    pub year: Year,
}

/// The two time budgets of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Buckets {
    /// The member's.
    pub member: Bucket,
    /// The device's.
    pub device: Bucket,
}

/// How a beat ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Taken: the session and the budgets as they are now.
    Accepted(Box<Session>, Buckets),
    /// The beat that was taken last, once more: nothing changes, the same answer is given.
    Repeated,
    /// Not its turn: the next number is given.
    WrongN(u32),
    /// The last number with another body: somebody thinks twice.
    ChangedBody,
}

/// Judges one beat at monotonic time `now`.
pub fn judge(
    policy: &Policy,
    session: &Session,
    buckets: Buckets,
    known: Known<'_>,
    beat: &Beat,
    now: Millis,
) -> Verdict {
    if beat.n == session.n && beat.n > 0 {
        let same = beat.digest == session.digest;
        return if same { Verdict::Repeated } else { Verdict::ChangedBody };
    }
    if beat.n != session.n + 1 {
        return Verdict::WrongN(session.n + 1);
    }
    let (played, in_range) = within(&beat.segments, known.length);
    let playing = !played.is_empty();
    let member = buckets.member.fill(policy, now, session.opened, playing);
    let device = buckets.device.fill(policy, now, session.opened, playing);

    let mut next = session.clone();
    next.n = beat.n;
    next.digest = beat.digest;
    next.flags.range |= !in_range;
    next.flags.gap |= member.gap || device.gap;
    lapse(policy, &mut next, now);

    let sent = played.intersection(known.sent);
    let had = known.credited.union(&next.pending.of(known.year));
    let fresh = sent.minus(&had);
    let budget = member.bucket.tokens.min(device.bucket.tokens);
    let given = fresh.prefix(budget);
    let too_fast = fresh.total() > given.total().plus(policy.token_keep);
    next.flags.overclaim |= too_fast;
    next.lost.not_sent = with(&next.lost.not_sent, &played.minus(&sent));
    next.lost.again = next.lost.again.plus(sent.intersection(&had).total());
    if too_fast {
        next.lost.too_fast = with(&next.lost.too_fast, &fresh.minus(&given));
    }
    if next.unattended {
        next.lost.unattended = with(&next.lost.unattended, &given);
    } else {
        next.pending = next.pending.with(known.year, &given);
        next.unproved = next.unproved.plus(given.total());
    }
    next.note = remark(&next, &played, &sent, &fresh, too_fast);
    ask(&mut next, beat.state, now);
    let budgets = Buckets {
        member: member.bucket.spend(given.total()),
        device: device.bucket.spend(given.total()),
    };
    Verdict::Accepted(Box::new(next), budgets)
}

/// The segments that lie in the film, and whether all of them did as claimed.
fn within(segments: &[(i64, i64)], length: Millis) -> (Intervals, bool) {
    let end = i64::try_from(length.0).unwrap_or(i64::MAX);
    let clip = |at: i64| u64::try_from(at.clamp(0, end)).unwrap_or(0);
    let in_range = segments.iter().all(|(from, to)| *from >= 0 && *to <= end && from <= to);
    let pairs: Vec<_> = segments.iter().map(|(from, to)| (clip(*from), clip(*to))).collect();
    (Intervals::from(pairs), in_range)
}

/// A presence question that nobody answered in time: what was pending is not credited, and nothing more is until a proof.
fn lapse(policy: &Policy, session: &mut Session, now: Millis) {
    let overdue = session
        .asked
        .is_some_and(|asked| now > asked.plus(policy.presence_answer));
    if overdue {
        session.lost.lapse(&std::mem::take(&mut session.pending));
        session.unattended = true;
        session.flags.unattended = true;
    }
}

fn remark(session: &Session, played: &Intervals, sent: &Intervals, fresh: &Intervals, too_fast: bool) -> Option<Note> {
    if session.unattended {
        Some(Note::Unattended)
    } else if too_fast {
        Some(Note::TooFast)
    } else if sent.is_empty() && !played.is_empty() {
        Some(Note::NotSent)
    } else if fresh.is_empty() && !played.is_empty() {
        Some(Note::NotNew)
    } else {
        None
    }
}

fn ask(session: &mut Session, state: PlayState, now: Millis) {
    let long_enough = session.unproved >= session.ask_after;
    let at_the_end = state == PlayState::Ended && session.pending.total() > Millis::ZERO;
    if session.asked.is_none() && (long_enough || at_the_end) {
        session.asked = Some(now);
    }
}

/// What a presence proof 在学确认 brings: the session afterwards and what is confirmed now. Too late, and what was pending
/// has lapsed; but from here on play counts again.
pub fn prove(policy: &Policy, session: &Session, now: Millis, ask_after: Millis) -> (Session, Pending) {
    let mut next = session.clone();
    lapse(policy, &mut next, now);
    let confirmed = std::mem::take(&mut next.pending);
    next.unproved = Millis::ZERO;
    next.asked = None;
    next.unattended = false;
    next.ask_after = ask_after;
    (next, confirmed)
}

/// When the next question is due: every `presence_every` give or take `presence_jitter`; `chance` is any number.
pub fn next_question(policy: &Policy, chance: u64) -> Millis {
    let spread = policy.presence_jitter.0 * 2 + 1;
    Millis(policy.presence_every.0 - policy.presence_jitter.0 + chance % spread)
}
