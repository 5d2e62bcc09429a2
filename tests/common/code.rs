//! Reading a QR code as a phone does: from the picture that stands on a page.

use rqrr::PreparedImage;

/// The text of the only code in a page.
pub fn read(page: &str) -> String {
    let picture = Picture::of(page);
    let mut seen = PreparedImage::prepare_from_greyscale(picture.width, picture.height, |x, y| {
        if picture.dark[y * picture.width + x] { 0 } else { 255 }
    });
    let codes = seen.detect_grids();
    assert_eq!(codes.len(), 1, "one code is found in the picture");
    codes[0].decode().unwrap().1
}

/// What a screen shows of the drawing: squares of one size, as `M40 40h4v4H40V40`.
struct Picture {
    width: usize,
    dark: Vec<bool>,
    height: usize,
}

impl Picture {
    fn of(page: &str) -> Self {
        let drawing = between(between(page, "class=\"qr\">", "</div>"), "<svg", "</svg>");
        let side = |name: &str| between(drawing, name, "\"").parse().unwrap();
        let (width, height) = (side(" width=\""), side(" height=\""));
        let mut dark = vec![false; width * height];
        for square in between(drawing, " d=\"", "\"").split('M').skip(1) {
            let numbers: Vec<usize> = square
                .split(|c: char| !c.is_ascii_digit())
                .filter_map(|number| number.parse().ok())
                .collect();
            let [x, y, across, down, ..] = numbers[..] else {
                panic!("no square: {square}");
            };
            for row in y..y + down {
                dark[row * width + x..][..across].fill(true);
            }
        }
        Self { width, dark, height }
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap();
    rest.split_once(after).unwrap().0
}
