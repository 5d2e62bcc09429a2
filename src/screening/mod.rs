//! A screening 集中收看: a film for a room, and who was there.
//!
//! One television or PC shows; people check in by the code on it, confirm at checks, and go. What the screen really
//! played is judged as any session is: its turn, new, sent to it, no faster than time. Who was seen at two checks in a row
//! earns what was shown between them. Everything is kept before it is answered, so an evening survives a power cut at the
//! second where it stood.
//!
//! 1. A screen asks to be let in ([`Screenings::waiting_code`]), the operator lets it in ([`Screenings::let_in`]).
//! 2. [`Screenings::begin`] opens the lobby, people come ([`Screenings::check_in`], [`Screenings::tick`]).
//! 3. [`Screenings::start`] and [`Screenings::beat`] show the film; checks come by themselves.
//! 4. [`Screenings::end`] puts the check at the end; when it closes, marks become credit.

mod acts;
mod checks;
mod code;
mod pauses;
mod people;
mod record;
mod refusals;
mod rows;
mod screens;
mod state;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

pub use record::{Checks, Line, Record};
pub use rows::{Attendee, Brief, SCHEMA, Screen, begun, briefly, let_go, screen, screens};
pub use state::{OpenCheck, Remarks, Showing, Stage, State};

use crate::clock::{Reading, SharedClock};
use crate::ledger::{Home, Ledger, LedgerError, Planned};
use crate::roster::Operator;
use crate::store::{StoreError, Tx, Urgency};
use crate::types::{BranchId, DeviceId, MemberId, Millis, Mode, SessionId};
use crate::viewing::{BeatIn, Viewing, ViewingError};

/// A screening of which nothing is heard for so long will not go on: it is longer than the longest evening.
const LEFT_LYING: Millis = Millis::secs(8 * 3_600);

/// What an evening shall be.
#[derive(Debug, Clone)]
pub struct Evening {
    /// On which screen.
    pub screen: DeviceId,
    /// What is shown.
    pub programme: Vec<Showing>,
    /// How it counts.
    pub mode: Mode,
    /// For which branches; empty for everybody.
    pub branches: Vec<BranchId>,
    /// How many are expected.
    pub due: u32,
    /// Who they are.
    pub expected: Vec<MemberId>,
    /// The entry of the programme that it is begun from.
    pub plan: Option<Planned>,
    /// Where in the first item it begins: a film that was broken off goes on.
    pub from: Millis,
    /// Where.
    pub place: String,
    /// Who leads it.
    pub chair: String,
}

/// What a check-in came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckedIn {
    /// He is in.
    Welcome {
        /// So many are there now.
        nth: usize,
        /// The film runs already.
        is_late: bool,
    },
    /// He is still there.
    Confirmed {
        /// It was the last check.
        at_the_end: bool,
    },
    /// He is in, and nothing was asked.
    Already,
}

/// What the screen shows beside the film.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The screening.
    pub state: State,
    /// Who is there now.
    pub present: Vec<Attendee>,
    /// How many passed the check that is open.
    pub passed: usize,
    /// How long that stays open.
    pub check_left: Option<Millis>,
    /// The code, and how long it is shown.
    pub code: (u32, Millis),
}

impl Answer {
    /// The code as it is read out.
    pub fn spoken_code(&self) -> String {
        code::spoken(self.code.0)
    }
}

/// Why an act was refused.
#[derive(Debug, thiserror::Error)]
pub enum ScreeningError {
    /// The device is no screen of this station.
    #[error("this device is no screen of the station")]
    NoScreen,
    /// A screening runs on this screen already.
    #[error("a screening is open on this screen")]
    Busy,
    /// There is no such screening, or none on this screen.
    #[error("no such screening")]
    NoScreening,
    /// It has ended.
    #[error("the screening has ended")]
    Over,
    /// No open screening shows this code now.
    #[error("no screening shows this code")]
    WrongCode,
    /// He is not there, or came with another phone.
    #[error("he is not checked in with this device")]
    NotHere,
    /// Too many wrong codes; wait so long.
    #[error("too many wrong codes")]
    Paused(Millis),
    /// This phone has checked in somebody else.
    #[error("this phone has checked in {0}")]
    OnePhone(MemberId),
    /// Not this beat's turn; this one is expected.
    #[error("beat {0} is expected")]
    WrongN(u32),
    /// This beat was taken before with other content.
    #[error("this beat was taken with other content")]
    ChangedBody,
    /// The database does not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger does not take it.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Credit could not be given.
    #[error(transparent)]
    Viewing(#[from] ViewingError),
}

impl From<rusqlite::Error> for ScreeningError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// A handle to the room. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Screenings {
    viewing: Viewing,
    ledger: Ledger,
    clock: SharedClock,
    tries: Arc<Mutex<code::Tries>>,
    scanned: Arc<Mutex<code::Scanned>>,
    waiting: Arc<Mutex<screens::Waiting>>,
    /// When a screen with an evening last spoke.
    heard: Arc<Mutex<Option<Millis>>>,
}

impl Screenings {
    /// Screenings that were open before go on.
    pub fn new(viewing: Viewing, ledger: Ledger, clock: SharedClock) -> Self {
        Self {
            viewing,
            ledger,
            clock,
            tries: Arc::default(),
            scanned: Arc::default(),
            waiting: Arc::default(),
            heard: Arc::default(),
        }
    }

    /// Opens the lobby of an evening.
    pub async fn begin(&self, evening: Evening) -> Result<State, ScreeningError> {
        self.act(move |room, tx, now| acts::begin(room, tx, now, &evening))
            .await
    }

    /// The film starts, or the screen is back.
    pub async fn start(&self, screen: DeviceId) -> Result<State, ScreeningError> {
        self.act(move |room, tx, now| acts::start(room, tx, now, screen)).await
    }

    /// What the screen played since its last beat.
    pub async fn beat(&self, screen: DeviceId, beat: BeatIn) -> Result<Answer, ScreeningError> {
        let act = self.act(move |room, tx, now| acts::beat(room, tx, now, screen, &beat));
        Ok(self.hear(act.await?))
    }

    /// A screen with an evening spoke within `time`: what could make its film stutter should wait.
    pub fn is_on(&self, time: Millis) -> bool {
        let heard = *self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.is_some_and(|at| self.clock.now().mono.minus(at) <= time)
    }

    fn hear(&self, answer: Answer) -> Answer {
        if answer.state.is_open() {
            *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.clock.now().mono);
        }
        answer
    }

    /// How the screening on this screen stands.
    pub async fn on_screen(&self, screen: DeviceId) -> Result<Answer, ScreeningError> {
        let act = self.act(move |room, tx, now| {
            let (key, state) = acts::open_on(room, tx, now, screen)?;
            acts::answer(room, tx, now, key, state)
        });
        Ok(self.hear(act.await?))
    }

    /// From the lobby: it is called off. While the film runs: it is over, and the last check is put. After that: the last
    /// check closes, and everybody gets what he earned.
    pub async fn end(&self, screen: DeviceId) -> Result<State, ScreeningError> {
        self.act(move |room, tx, now| acts::end(room, tx, now, screen)).await
    }

    /// A phone opened the address in the code on the screen. Whoever did that while it was right may take his time to
    /// sign in; `false` if it is not right now.
    pub async fn scanned(&self, code: &str, device: DeviceId) -> Result<bool, ScreeningError> {
        let Some(claimed) = code::typed(code) else {
            return Ok(false);
        };
        let (now, step) = (self.clock.now(), self.viewing.policy().checks.code_step);
        let find = move |conn: &rusqlite::Connection| Ok::<_, StoreError>(rows::open(conn)?);
        let open = self.ledger.store().read(find).await?;
        let is_right = open
            .iter()
            .any(|(_, state)| code::is_right(&state.key, step, now, claimed));
        if is_right {
            let mut scanned = self.scanned.lock().unwrap_or_else(PoisonError::into_inner);
            scanned.remember(device, claimed, now);
        }
        Ok(is_right)
    }

    /// When the code was right for this device: now, or when it scanned it.
    fn read_at(&self, claimed: u32, device: DeviceId, now: Reading) -> Reading {
        let scanned = self.scanned.lock().unwrap_or_else(PoisonError::into_inner);
        scanned.of(device, claimed, now).unwrap_or(now)
    }

    /// A member with his own phone types the code.
    pub async fn check_in(
        &self,
        code: &str,
        (who, home): (MemberId, Option<Home>),
        device: DeviceId,
        from: IpAddr,
    ) -> Result<CheckedIn, ScreeningError> {
        self.with_code(code, device, from, move |room, tx, now, claimed| {
            people::check_in(room, tx, now, claimed, (&who, home), device)
        })
        .await
    }

    /// Does what somebody asks for who typed a code; wrong codes cost time.
    async fn with_code<T: Send + 'static>(
        &self,
        code: &str,
        device: DeviceId,
        from: IpAddr,
        act: impl FnOnce(&Self, &Tx<'_>, Reading, (u32, Reading)) -> Result<T, ScreeningError> + Send + 'static,
    ) -> Result<T, ScreeningError> {
        let now = self.clock.now().mono;
        let tries = || self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(left) = tries().pause(from, now) {
            return Err(ScreeningError::Paused(left));
        }
        let outcome = match code::typed(code) {
            Some(claimed) => {
                self.act(move |room, tx, now| {
                    let read = room.read_at(claimed, device, now);
                    act(room, tx, now, (claimed, read))
                })
                .await
            }
            None => Err(ScreeningError::WrongCode),
        };
        if matches!(outcome, Err(ScreeningError::WrongCode)) {
            tries().wrong(from, now);
        }
        outcome
    }

    /// The operator saw a member who has no phone with him.
    pub async fn tick(
        &self,
        screening: SessionId,
        (who, home): (MemberId, Option<Home>),
        reason: String,
        _by: &Operator,
    ) -> Result<CheckedIn, ScreeningError> {
        self.act(move |room, tx, now| people::tick(room, tx, now, screening, (&who, home), &reason))
            .await
    }

    /// The operator looked round: all whom he ticked are still there. How many confirmed a check by that.
    pub async fn tick_all_again(&self, screening: SessionId, _by: &Operator) -> Result<usize, ScreeningError> {
        self.act(move |room, tx, now| people::tick_all_again(room, tx, now, screening))
            .await
    }

    /// A member goes.
    pub async fn leave(&self, screening: SessionId, who: MemberId) -> Result<(), ScreeningError> {
        self.act(move |room, tx, now| people::leave(room, tx, now, screening, &who))
            .await
    }

    /// How many people are there who are no members.
    pub async fn set_guests(&self, screening: SessionId, guests: u32, _by: &Operator) -> Result<(), ScreeningError> {
        self.act(move |room, tx, now| acts::guests(room, tx, now, screening, guests))
            .await
    }

    /// Why a member did not come; an empty reason takes it back.
    pub async fn excuse(
        &self,
        screening: SessionId,
        who: MemberId,
        why: String,
        _by: &Operator,
    ) -> Result<(), ScreeningError> {
        self.act(move |room, tx, now| acts::excuse(room, tx, now, screening, &who, &why))
            .await
    }

    /// What the operator writes about the evening.
    pub async fn remark(&self, screening: SessionId, remarks: Remarks, _by: &Operator) -> Result<(), ScreeningError> {
        self.act(move |room, tx, now| acts::remark(room, tx, now, screening, &remarks))
            .await
    }

    /// Ends what was left lying for hours, and closes last checks whose time is over.
    pub async fn close_left_lying(&self) -> Result<usize, ScreeningError> {
        self.act(|room, tx, now| acts::close_left_lying(room, tx, now, LEFT_LYING))
            .await
    }

    /// In which screening a member sits just now.
    pub async fn where_is(&self, who: MemberId) -> Result<Option<SessionId>, StoreError> {
        let find = move |conn: &rusqlite::Connection| Ok::<_, StoreError>(rows::where_is(conn, &who)?);
        self.ledger.store().read(find).await
    }

    async fn act<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Self, &Tx<'_>, Reading) -> Result<T, ScreeningError> + Send + 'static,
    ) -> Result<T, ScreeningError> {
        let (room, now) = (self.clone(), self.clock.now());
        let store = self.ledger.store();
        store.write(Urgency::Now, move |tx| act(&room, tx, now)).await?
    }
}
