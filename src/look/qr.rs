//! QR codes: as SVG for pages and posters, as blocks for the console.

use qrcode::render::{svg, unicode};
use qrcode::{EcLevel, QrCode};

/// An inline SVG; empty if the text is too long for a code, which no address is.
pub fn to_svg(text: &str) -> String {
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::M) else {
        return String::new();
    };
    let drawn = code
        .render::<svg::Color<'_>>()
        .min_dimensions(240, 240)
        .quiet_zone(true)
        .build();
    drawn
        .split_once("?>")
        .map_or(drawn.clone(), |(_, picture)| picture.to_owned())
}

/// For a terminal with light text on a dark ground.
pub fn to_console(text: &str) -> String {
    QrCode::with_error_correction_level(text, EcLevel::L)
        .map(|code| {
            code.render::<unicode::Dense1x2>()
                .dark_color(unicode::Dense1x2::Light)
                .light_color(unicode::Dense1x2::Dark)
                .build()
        })
        .unwrap_or_default()
}

/// The text that phones understand as "join this Wi-Fi". `\`, `;`, `,`, `:` and `"` are escaped.
pub fn wifi(name: &str, password: &str) -> String {
    let escape = |text: &str| {
        text.chars().fold(String::new(), |mut out, c| {
            if r#"\;,:""#.contains(c) {
                out.push('\\');
            }
            out.push(c);
            out
        })
    };
    if password.is_empty() {
        return format!("WIFI:T:nopass;S:{};;", escape(name));
    }
    format!("WIFI:T:WPA;S:{};P:{};;", escape(name), escape(password))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wifi_name_cannot_break_out_of_its_field() {
        assert_eq!(wifi("青石桥;远教", "a:b\\c"), r"WIFI:T:WPA;S:青石桥\;远教;P:a\:b\\c;;");
        assert_eq!(wifi("open", ""), "WIFI:T:nopass;S:open;;");
    }

    #[test]
    fn a_code_is_a_picture_without_styles() {
        let picture = to_svg("http://192.168.8.1:8080/");
        assert!(
            picture.starts_with("<svg") && !picture.contains("style="),
            "{picture:.80}"
        );
    }
}
