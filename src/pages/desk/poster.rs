//! The poster 公告 for the wall: the Wi-Fi, the address, three steps.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::http::Problem;
use crate::look::{Frame, Tab, qr, texts};
use crate::pages::{Pages, Visit, show};

#[derive(Template)]
#[template(path = "desk_poster.html")]
struct Page {
    f: Frame,
    wifi: String,
    wifi_name: String,
    code: String,
    address: String,
}

pub(super) async fn page(State(pages): State<Pages>, visit: Visit) -> Result<Response, Problem> {
    visit.operator()?;
    let (name, password) = &pages.settings.wifi;
    let address = pages.settings.addresses.first().cloned().unwrap_or_default();
    let page = Page {
        wifi: if name.is_empty() {
            String::new()
        } else {
            qr::to_svg(&qr::wifi(name, password))
        },
        wifi_name: name.clone(),
        code: qr::to_svg(&address),
        address,
        f: visit.frame(&pages, texts(visit.lang).tab_poster, Tab::None),
    };
    show(&visit, &page)
}
