//! What a refusal says to the reader.

use super::picture::BadPicture;
use super::{PHOTOS, RecordsError};
use crate::http::Problem;
use crate::ledger::LedgerError;

impl From<RecordsError> for Problem {
    fn from(error: RecordsError) -> Self {
        match error {
            RecordsError::Empty => Problem::unprocessable(
                "还没有写内容，请写了再存。",
                "Nothing was written; write something first.",
            ),
            RecordsError::TooLong(most) => Problem::unprocessable(
                format!("太长了，最多 {most} 个字。"),
                format!("Too long; {most} characters at most."),
            ),
            RecordsError::TooOften => Problem::unprocessable(
                "今天写得够多了，请明天再写，或者直接告诉管理员。",
                "That is enough for today; write again tomorrow, or speak to the operator.",
            ),
            RecordsError::TooMany => Problem::unprocessable(
                format!("一场最多存 {PHOTOS} 张照片，请先撤回几张。"),
                format!("An evening keeps {PHOTOS} photos; take some back first."),
            ),
            RecordsError::Picture(BadPicture::Kind) => Problem::unprocessable(
                "只能存 JPEG 或 PNG 照片。请在手机的相机设置里选“兼容性最佳”，再拍一张。",
                "Only JPEG and PNG photos can be kept. Set the camera to its most compatible format and take another.",
            ),
            RecordsError::Picture(BadPicture::Damaged) => Problem::unprocessable(
                "照片没有传完整，请再传一次。",
                "The photo did not arrive whole; please send it again.",
            ),
            RecordsError::Picture(BadPicture::TooLarge) => Problem::unprocessable(
                "照片超过 10 MB，请换一张小一点的。",
                "The photo has more than 10 MB; choose a smaller one.",
            ),
            RecordsError::Unknown => Problem::not_found(),
            RecordsError::Disk(error) => {
                tracing::error!(%error, "a photo could not be kept");
                Problem::unavailable(
                    60,
                    "照片存不进硬盘，请腾出地方再传一次。",
                    "The disk does not take the photo; make room and send it again.",
                )
            }
            RecordsError::Store(error) | RecordsError::Ledger(LedgerError::Store(error)) => error.into(),
            RecordsError::Ledger(LedgerError::Halted(_)) => Problem::unavailable(
                600,
                "台账停了，暂时记不下。请看管理台的“今日”。",
                "The ledger is halted and takes nothing; see the desk.",
            ),
            RecordsError::Ledger(error) => Problem::internal(&error),
        }
    }
}
