//! Refusals of this room in the words of HTTP, for its two doors: pages and scripts.

use super::ScreeningError;
use crate::http::Problem;
use crate::ledger::LedgerError;
use crate::viewing::ViewingError;

impl From<ScreeningError> for Problem {
    fn from(error: ScreeningError) -> Self {
        match error {
            ScreeningError::NoScreen => Problem::forbidden(
                "这台设备还没有登记为放映屏，请管理员在管理台登记。",
                "This device is no screen of the station; the operator can let it in on the desk.",
            ),
            ScreeningError::Busy => Problem::conflict(
                "busy",
                "这块屏上正在放映，先结束那一场。",
                "A screening is open on this screen; end that one first.",
            ),
            ScreeningError::NoScreening | ScreeningError::Over => {
                Problem::conflict("over", "这一场已经结束。", "This screening has ended.")
            }
            ScreeningError::WrongN(expected) => Problem::conflict(
                "wrong_n",
                format!("应是第 {expected} 次心跳。"),
                format!("Beat {expected} is expected."),
            ),
            ScreeningError::ChangedBody => Problem::conflict(
                "changed_body",
                "同一次心跳的内容前后不一样。",
                "This beat was taken before with other content.",
            ),
            ScreeningError::WrongCode
            | ScreeningError::Paused(_)
            | ScreeningError::OnePhone(_)
            | ScreeningError::NotHere => Problem::unprocessable("签到没有成功。", "The check-in was not taken."),
            ScreeningError::Store(error) | ScreeningError::Ledger(LedgerError::Store(error)) => error.into(),
            ScreeningError::Ledger(LedgerError::Halted(_))
            | ScreeningError::Viewing(ViewingError::Ledger(LedgerError::Halted(_))) => Problem::unavailable(
                300,
                "站点的台账停了，学时暂时记不下，片子照常放。管理员会处理。",
                "The station's ledger is halted, so hours cannot be recorded; films play on.",
            ),
            ScreeningError::Viewing(error) if error.trouble().is_some() => Problem::busy(),
            error => Problem::internal(&error),
        }
    }
}
