use super::*;

const STATION: &str = include_str!("../../config/station.toml");
const DISTRICT: &str = include_str!("../../config/district.toml");

fn faults(text: &str) -> Vec<String> {
    raw::station(text)
        .unwrap_err()
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn the_shipped_files_say_what_the_program_does_without_them() {
    let (shipped, default) = (raw::station(STATION).unwrap(), raw::station("").unwrap());
    assert_eq!(format!("{shipped:?}"), format!("{default:?}"));
    let (shipped, default) = (raw::district(DISTRICT).unwrap(), raw::district("").unwrap());
    assert_eq!(format!("{shipped:?}"), format!("{default:?}"));
}

#[test]
fn every_setting_stands_in_the_shipped_file_with_a_reason() {
    for text in [STATION, DISTRICT] {
        let mut reason = false;
        for line in text.lines() {
            match line.trim() {
                "" => reason = false,
                l if l.starts_with('#') => reason = true,
                l if l.starts_with('[') => {}
                l => assert!(reason, "no reason above: {l}"),
            }
        }
    }
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_a_suggestion() {
    let said = faults("[listen]\naddress = \"0.0.0.0:80\"\nmax_conections = 5\n").join("");
    assert!(
        said.contains("line 3") && said.contains("did you mean `max_connections`?"),
        "{said}"
    );
    assert!(faults("[lisen]\n").join("").contains("did you mean `listen`?"));
}

#[test]
fn all_values_out_of_bounds_are_told_at_once() {
    let said = faults(
        "[listen]\naddress = \"here\"\n[viewing]\nbeat_every_s = 0\n[media]\napproval = \"nobody\"\nfolder = \"\"\n",
    );
    assert_eq!(said.len(), 4, "{said:?}");
    assert!(said[2].contains("folder"), "{said:?}");
}

#[test]
fn a_value_of_the_wrong_kind_and_no_toml_at_all_are_refused() {
    assert!(faults("[viewing]\nguests = \"yes\"\n").join("").contains("line 2"));
    assert!(!faults("}{").is_empty());
}

#[test]
fn the_wifi_password_is_never_printed() {
    let settings = raw::station("[wifi]\nname = \"青石桥远教\"\npassword = \"secret-word\"\n").unwrap();
    assert!(!format!("{settings:?}").contains("secret-word"));
}

#[test]
fn a_password_whose_quotes_were_forgotten_is_not_printed() {
    for text in [
        "[wifi]\npassword = geheim-wort\n",
        "[wifi]\npassword = 12345678\n",
        "[wifi]\nname = \"x\"\npassword = true\n",
    ] {
        let said = faults(text).join("");
        assert!(said.contains("line "), "{said}");
        for secret in ["geheim", "12345678"] {
            assert!(!said.contains(secret), "{said}");
        }
    }
}

#[test]
fn a_file_that_is_no_configuration_is_refused_within_bounds() {
    let refused = Station::load(Some(Path::new("/dev/zero"))).unwrap_err().to_string();
    assert!(refused.contains("cannot be read"), "{refused}");
}
