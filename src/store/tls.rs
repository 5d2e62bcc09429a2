//! An encrypted line to the database server, for a server on another machine.
//!
//! `sslmode=require` and `sslmode=verify-full` are the same here: the certificate is checked, by the system's authorities or
//! by those in the file `sslrootcert`, and it must be made out to the server's name. A line that is encrypted to whoever
//! answers would keep nobody out who can stand between. Without `sslmode` the line is plain, as for a socket or a network
//! of its own.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use postgres::config::SslMode;
use postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use postgres::{Config, Socket};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, InvalidDnsNameError, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsConnector;

use super::StoreError;

/// What the address of a server says of the line, and the rest of it.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    rest: String,
    is_encrypted: bool,
    authorities: Option<String>,
}

/// Reads an address: how to connect, and over which line.
pub(super) fn read(address: &str) -> Result<(Config, Option<Tls>), StoreError> {
    let asked = asked(address)?;
    let mut config: Config = asked.rest.parse()?;
    if !asked.is_encrypted {
        config.ssl_mode(SslMode::Disable);
        return Ok((config, None));
    }
    config.ssl_mode(SslMode::Require);
    Ok((config, Some(Tls::new(asked.authorities.as_deref())?)))
}

fn refused(zh: &str, en: &str) -> StoreError {
    StoreError::Server {
        said: format!("{zh} / {en}"),
        trouble: None,
    }
}

/// Takes what concerns the line out of an address. Pure.
fn asked(address: &str) -> Result<Asked, StoreError> {
    let (base, query) = address.split_once('?').unwrap_or((address, ""));
    let mut asked = Asked {
        rest: String::new(),
        is_encrypted: false,
        authorities: None,
    };
    let mut rest = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("sslmode", "disable")) => {}
            Some(("sslmode", "require" | "verify-full")) => asked.is_encrypted = true,
            Some(("sslmode", other)) => {
                return Err(refused(
                    &format!("store 里的 sslmode={other} 用不了，请写 sslmode=verify-full，或者不写（不加密）"),
                    &format!("sslmode={other} is not known here; use sslmode=verify-full, or none for a plain line"),
                ));
            }
            Some(("sslrootcert", path)) => asked.authorities = Some(plain(path)),
            _ => rest.push(pair),
        }
    }
    if asked.authorities.is_some() && !asked.is_encrypted {
        return Err(refused(
            "store 里写了 sslrootcert，没有写 sslmode=verify-full，线路不会加密，请补上",
            "sslrootcert without sslmode=verify-full would leave the line plain; please add it",
        ));
    }
    let mark = if rest.is_empty() { "" } else { "?" };
    asked.rest = format!("{base}{mark}{}", rest.join("&"));
    Ok(asked)
}

/// A value of an address, without its %-signs.
fn plain(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let code = behind.get(..2).filter(|_| *first == b'%');
        let code = code.and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &behind[2..] } else { behind };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Makes encrypted lines.
#[derive(Clone)]
pub(super) struct Tls(TlsConnector);

impl Tls {
    fn new(authorities: Option<&str>) -> Result<Self, StoreError> {
        let mut known = RootCertStore::empty();
        match authorities {
            Some(path) => known.add_parsable_certificates(in_file(path)?),
            None => known.add_parsable_certificates(rustls_native_certs::load_native_certs().certs),
        };
        if known.is_empty() {
            return Err(refused(
                "这台机器上没有可信的证书机构，请把签发机构的证书文件写进 store 的 sslrootcert=",
                "no authorities are known on this machine; name the file of the one that signed as sslrootcert=",
            ));
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| refused("加密线路建不起来", &error.to_string()))?
            .with_root_certificates(known)
            .with_no_client_auth();
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }
}

fn in_file(path: &str) -> Result<Vec<CertificateDer<'static>>, StoreError> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    read.map_err(|error| {
        refused(
            &format!("sslrootcert 的证书文件 {path} 读不了，要 PEM 格式"),
            &format!("the certificates in {path} cannot be read: {error}"),
        )
    })
}

/// What went wrong with an encrypted line, for who wrote the address; `None` if it was something else.
pub(super) fn explained(error: &postgres::Error) -> Option<String> {
    let said = error.to_string();
    let source = std::error::Error::source(error).map_or_else(String::new, ToString::to_string);
    let whole = format!("{said}: {source}");
    if source.contains("server does not support TLS") {
        return Some(format!(
            "数据库服务器没有开启加密（postgresql.conf 的 ssl = on），或者把 store 里的 sslmode 去掉 / {whole}"
        ));
    }
    if !said.contains("TLS") {
        return None;
    }
    let zh = if source.contains("not valid for name") || source.contains("NotValidForName") {
        "数据库服务器的证书不是签给 store 里写的这个主机名的，请改主机名，或者换证书"
    } else if source.contains("UnknownIssuer") || source.contains("CaUsedAsEndEntity") {
        "数据库服务器的证书不是可信机构签的，请把签发机构的证书文件写进 store 的 sslrootcert="
    } else if ["Expired", "expired", "NotValidYet", "not valid yet"]
        .iter()
        .any(|word| source.contains(word))
    {
        "数据库服务器的证书不在有效期里，请换证书，也看看两边的时间对不对"
    } else {
        "到数据库服务器的加密线路没有建成"
    };
    Some(format!("{zh} / {whole}"))
}

impl MakeTlsConnect<Socket> for Tls {
    type Stream = Line;
    type TlsConnect = ToServer;
    type Error = InvalidDnsNameError;

    fn make_tls_connect(&mut self, host: &str) -> Result<ToServer, InvalidDnsNameError> {
        let name = ServerName::try_from(host.to_owned())?;
        Ok(ToServer(self.0.clone(), name))
    }
}

/// One line that is about to be made.
pub(super) struct ToServer(TlsConnector, ServerName<'static>);

impl TlsConnect<Socket> for ToServer {
    type Stream = Line;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Line>> + Send>>;

    fn connect(self, socket: Socket) -> Self::Future {
        Box::pin(async move {
            self.0
                .connect(self.1, socket)
                .await
                .map(|stream| Line(Box::new(stream)))
        })
    }
}

/// An encrypted line.
pub(super) struct Line(Box<tokio_rustls::client::TlsStream<Socket>>);

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

impl TlsStream for Line {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(address: &str) -> String {
        asked(address).unwrap_err().to_string()
    }

    #[test]
    fn what_concerns_the_line_is_taken_out_of_the_address() {
        let all = "postgres://a:b@db.example/books?sslmode=verify-full&user=x&sslrootcert=/etc/our%20ca.pem";
        let found = asked(all).unwrap();
        assert_eq!(found.rest, "postgres://a:b@db.example/books?user=x");
        assert_eq!(
            (found.is_encrypted, found.authorities.as_deref()),
            (true, Some("/etc/our ca.pem"))
        );
        for plain in ["postgres://db/books", "postgres://db/books?sslmode=disable"] {
            let found = asked(plain).unwrap();
            assert_eq!(
                (found.rest.as_str(), found.is_encrypted),
                ("postgres://db/books", false)
            );
        }
        assert!(asked("postgres://db/books?sslmode=require").unwrap().is_encrypted);
    }

    #[test]
    fn a_line_that_would_be_less_than_it_seems_is_refused() {
        for mode in ["prefer", "allow", "verify-ca", ""] {
            assert!(said(&format!("postgres://db/books?sslmode={mode}")).contains("sslmode=verify-full"));
        }
        assert!(said("postgres://db/books?sslrootcert=/a").contains("没有写 sslmode=verify-full"));
        assert!(Tls::new(Some("/nowhere/ca.pem")).is_err_and(|error| error.to_string().contains("/nowhere/ca.pem")));
    }
}
