//! Who is asking: from which device, signed in as whom.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderValue};

use super::sessions::{self, Found};
use super::{Member, Operator, Roster};
use crate::clock::monotonic;
use crate::http::cookie;
use crate::keys;
use crate::store::StoreError;
use crate::types::DeviceId;

/// The member's sign-in.
pub const MEMBER_COOKIE: &str = "yj";
/// The operator's sign-in; both may be on one phone.
pub const OPERATOR_COOKIE: &str = "yjo";
/// The device.
pub const DEVICE_COOKIE: &str = "yjd";
/// The copy of a checkpoint that a member's phone keeps (`ledger::copies`).
pub const COPY_COOKIE: &str = "yjc";

/// One request's visitor.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The device: by its cookie, or by its address if it keeps none.
    pub device: DeviceId,
    /// A cookie that makes the device known; pages set it.
    pub set_device: Option<HeaderValue>,
    /// The member who is signed in.
    pub member: Option<Member>,
    /// The operator's power, if he is signed in.
    pub operator: Option<Operator>,
    /// The token that this visitor's forms carry: 32 hexadecimal digits.
    pub csrf: String,
    /// The token of a form that was shown before the device had its cookie.
    csrf_before_cookie: String,
}

/// What the door of films must know: it shows no forms and sets no cookies.
#[derive(Debug, Clone, Copy)]
pub struct Viewer {
    /// The device: by its cookie, or by its address if it keeps none.
    pub device: DeviceId,
    /// Whether the operator is signed in there.
    pub is_operator: bool,
}

impl Visitor {
    /// Whether a form's token is this visitor's.
    pub fn csrf_is(&self, claimed: &str) -> bool {
        let is = |ours: &str| bool::from(subtle::ConstantTimeEq::ct_eq(ours.as_bytes(), claimed.as_bytes()));
        is(&self.csrf) | is(&self.csrf_before_cookie)
    }
}

impl Roster {
    /// Recognises a visitor. Most requests are answered from memory.
    pub async fn visitor(&self, headers: &HeaderMap, from: IpAddr) -> Result<Visitor, StoreError> {
        let known = cookie::value(headers, DEVICE_COOKIE).and_then(|value| self.device_of(value));
        let (device, set_device) = match known {
            Some(device) => (device, None),
            None => (self.device_by_address(from), Some(self.new_device())),
        };
        let member = match self.found(headers, MEMBER_COOKIE).await? {
            Some(Found::Member(member)) => Some(*member),
            _ => None,
        };
        let operator = match self.found(headers, OPERATOR_COOKIE).await? {
            Some(Found::Operator) => Some(Operator(())),
            _ => None,
        };
        let signed_in = member.is_some() || operator.is_some();
        let csrf = self.csrf(headers, device);
        // The first form on a fresh phone is shown without a cookie and sent with one. Once somebody is signed in his
        // forms are bound to the sign-in, and nothing else will do.
        let csrf_before_cookie = if signed_in {
            csrf.clone()
        } else {
            self.csrf(&HeaderMap::new(), self.device_by_address(from))
        };
        Ok(Visitor {
            device,
            set_device,
            member,
            operator,
            csrf,
            csrf_before_cookie,
        })
    }

    /// The same as [`Self::visitor`], for a request that wants a film: without what forms and pages need, which costs
    /// more than all the rest.
    pub async fn viewer(&self, headers: &HeaderMap, from: IpAddr) -> Result<Viewer, StoreError> {
        let known = cookie::value(headers, DEVICE_COOKIE).and_then(|value| self.device_of(value));
        let operator = self.found(headers, OPERATOR_COOKIE).await?;
        Ok(Viewer {
            device: known.unwrap_or_else(|| self.device_by_address(from)),
            is_operator: matches!(operator, Some(Found::Operator)),
        })
    }

    async fn found(&self, headers: &HeaderMap, name: &str) -> Result<Option<Found>, StoreError> {
        let Some(token) = cookie::value(headers, name).and_then(sessions::token_of) else {
            return Ok(None);
        };
        let turn = match self.cache.get(&token, monotonic()) {
            Ok(found) => return Ok(Some(found)),
            Err(turn) => turn,
        };
        let found = self
            .store
            .read(move |conn| Ok::<_, StoreError>(sessions::find(conn, &token)?))
            .await?;
        if let Some(found) = &found {
            self.cache.put(token, found.clone(), turn, monotonic());
        }
        Ok(found)
    }

    /// `<32 hex>.<32 hex>`: a random id and our tag on it, so that nobody can invent devices to multiply his time.
    fn device_of(&self, value: &str) -> Option<DeviceId> {
        let (id, tag) = value.split_once('.')?;
        let device = DeviceId::parse(id)?;
        let tag = data_encoding::HEXLOWER.decode(tag.as_bytes()).ok()?;
        self.keys.tag_is_ours("device", device.bytes(), &tag).then_some(device)
    }

    fn new_device(&self) -> HeaderValue {
        let device = keys::random_id();
        let tag = data_encoding::HEXLOWER.encode(&self.keys.tag("device", device.bytes()));
        cookie::set(DEVICE_COOKIE, &format!("{device}.{tag}"), cookie::HALF_A_YEAR * 2)
    }

    fn device_by_address(&self, from: IpAddr) -> DeviceId {
        DeviceId::from_bytes(self.keys.tag("address", from.to_string().as_bytes()))
    }

    /// Bound to the sign-in, or to the device before there is one.
    fn csrf(&self, headers: &HeaderMap, device: DeviceId) -> String {
        let token = |name| cookie::value(headers, name).and_then(sessions::token_of);
        let bound = token(OPERATOR_COOKIE)
            .or_else(|| token(MEMBER_COOKIE))
            .unwrap_or(*device.bytes());
        data_encoding::HEXLOWER.encode(&self.keys.tag("form", &bound))
    }
}
