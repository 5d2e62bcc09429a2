//! Why something was not taken, in words for the member and a word for the page's script.

use axum::http::StatusCode;

use crate::http::Problem;
use crate::ledger::{Closing, LedgerError};
use crate::roster::SignInError;
use crate::store::Trouble;
use crate::viewing::ViewingError;

pub(super) fn refused_sign_in(error: SignInError) -> Problem {
    match error {
        SignInError::Wrong { tries_left } => Problem::new(
            StatusCode::UNAUTHORIZED,
            format!("编号或口令不对，还可以试 {tries_left} 次。"),
            format!("Number or PIN is wrong; {tries_left} tries are left."),
        ),
        SignInError::Paused(left) => {
            let seconds = u32::try_from(left.as_secs() + 1).unwrap_or(u32::MAX);
            let problem = Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                format!("试错的次数太多，请过 {} 分钟再来。", seconds.div_ceil(60)),
                format!("Too many wrong tries; come back in {} minutes.", seconds.div_ceil(60)),
            );
            Problem {
                retry_after: Some(seconds),
                ..problem
            }
        }
        SignInError::Busy | SignInError::WeakPassphrase => Problem::busy(),
        SignInError::Store(error) => error.into(),
    }
}

pub(super) fn refused(error: ViewingError) -> Problem {
    match error {
        ViewingError::Unknown => Problem::not_found(),
        ViewingError::Ended(Closing::Superseded) => Problem::conflict(
            "superseded",
            "您在另一部手机上打开了别的片子，这里先停了。",
            "You opened another film elsewhere, so this one stopped.",
        ),
        ViewingError::Ended(Closing::End) => {
            Problem::conflict("closed", "这次收看已经结束。", "This session has ended.")
        }
        ViewingError::Ended(_) => Problem::conflict(
            "reopen",
            "站点重新开机了，从这里接着放，已记的学时都在。",
            "The station restarted; open a new session and go on.",
        ),
        ViewingError::WrongN(expected) => Problem::conflict(
            "wrong_n",
            format!("应是第 {expected} 次心跳。"),
            format!("Beat {expected} is expected."),
        ),
        ViewingError::ChangedBody => Problem::conflict(
            "changed_body",
            "同一次心跳的内容前后不一样。",
            "This beat was taken before with other content.",
        ),
        other => match other.trouble() {
            Some(trouble) => later(&other, trouble),
            None => halted(&other),
        },
    }
}

/// What the disk does not take now it takes later: the page keeps its beats, and says so in these words while the film
/// plays on.
fn later(error: &ViewingError, trouble: Trouble) -> Problem {
    tracing::warn!(%error, "a session's act was not taken");
    let (reason, zh, en) = match trouble {
        Trouble::DiskFull => (
            "disk_full",
            "站点的硬盘满了，学时暂时记不下。接着看就行，腾出地方后自动补记。",
            "The station's disk is full, so hours cannot be recorded now. Keep watching; once there is room they are \
             recorded by themselves.",
        ),
        Trouble::Locked => return Problem::busy(),
        Trouble::ReadOnly | Trouble::Failing | Trouble::Away => (
            "disk",
            "站点的硬盘暂时写不进去，学时等一会儿再记。接着看就行，之后自动补记。",
            "The station's disk takes nothing at the moment. Keep watching; it is recorded later by itself.",
        ),
    };
    Problem {
        reason: Some(reason),
        ..Problem::unavailable(15, zh, en)
    }
}

fn halted(error: &ViewingError) -> Problem {
    if let ViewingError::Ledger(LedgerError::Halted(_)) = error {
        return Problem::unavailable(
            300,
            "站点的台账停了，学时暂时记不下，片子照常看。管理员会处理。",
            "The station's ledger is halted, so hours cannot be recorded; films play on.",
        );
    }
    Problem::internal(error)
}
