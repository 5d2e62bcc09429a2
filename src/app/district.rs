//! The district's sum: its books, its pages, and the scheduler, in one process.

use anyhow::Result;
use axum::Router;
use axum::middleware::from_fn_with_state;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config;
use crate::district::web::{self, Web};
use crate::district::{self, District, schedule};
use crate::http::guard::{Names, guard};
use crate::look;
use crate::pages;
use crate::server::{self, Limits};
use crate::store;

/// What a district's books need of its settings.
pub fn district_settings(config: &config::District) -> district::Settings {
    district::Settings {
        data: config.data.clone(),
        store: match &config.server {
            Some(server) => store::Place::Server(server.0.clone()),
            None => store::Place::File,
        },
        origin: config.origin.clone(),
        concurrent: config.concurrent,
        connect: config.connect,
        deadline: config.deadline,
        every: config.every,
        silent_after: config.silent_after,
        clock_off: config.clock_off,
    }
}

/// Shows pages and pulls stations until `stop`.
pub async fn serve_district(
    district: District,
    config: &config::District,
    listener: TcpListener,
    stop: CancellationToken,
) -> Result<()> {
    let policy = super::read_policy(config.policy.as_deref())?;
    let settings = web::Settings {
        office: look::Station {
            name: config.name.clone(),
            place: config.place.clone(),
        },
        policy,
        classes: config.classes.clone(),
    };
    let listen = &config.listen;
    let limits = Limits {
        connections: listen.connections,
        per_address: listen.per_address,
        header_time: listen.header_time,
        stalled_reader: listen.stalled_reader,
    };
    let pulling = tokio::spawn(schedule::run(district.clone(), district.bell(), stop.clone()));
    let routes = routes(Web::new(district, settings), &listen.names);
    server::notify(sd_notify::NotifyState::Ready);
    server::run(listener, routes, limits, stop).await;
    server::notify(sd_notify::NotifyState::Stopping);
    pulling.await?;
    Ok(())
}

fn routes(web: Web, names: &[String]) -> Router {
    let voice = web.voice();
    web.routes()
        .route("/healthz", axum::routing::get(|| async { "ok\n" }))
        .layer(from_fn_with_state(Names(Arc::new(names.to_vec())), guard))
        .layer(from_fn_with_state(voice, pages::speak))
}
