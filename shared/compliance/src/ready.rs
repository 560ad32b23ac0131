//! The ready rubrics, as people can read them: `rubrics/*.json`.

use std::sync::LazyLock;

use domain::audits::rubric::Rubric;
use domain::settings::Settings;

const FILES: [&str; 3] = [
    include_str!("rubrics/general_support.json"),
    include_str!("rubrics/payments_pci.json"),
    include_str!("rubrics/privacy_gdpr.json"),
];

/// A file that cannot be read is left out; a test proves that there is none.
static RUBRICS: LazyLock<Vec<Rubric>> =
    LazyLock::new(|| FILES.iter().filter_map(|file| serde_json::from_str(file).ok()).collect());

/// The ready rubrics.
pub fn ready() -> &'static [Rubric] {
    &RUBRICS
}

/// A rubric by name: that version, or the newest. The tenant's own and the ready ones.
pub fn find<'a>(settings: &'a Settings, name: &str, version: Option<u32>) -> Option<&'a Rubric> {
    let all = settings.rubrics.iter().chain(ready());
    all.filter(|rubric| rubric.name == name && version.is_none_or(|version| version == rubric.version))
        .max_by_key(|rubric| rubric.version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::audits::rubric::READY;

    #[test]
    fn the_ready_rubrics_are_valid_and_say_what_they_cannot_see() {
        for file in FILES {
            let rubric: Rubric = serde_json::from_str(file).unwrap();
            assert_eq!(rubric.faults(""), [], "{}", rubric.name);
            assert!(rubric.checks.iter().all(|check| check.limits.len() > 20), "{}", rubric.name);
        }
        let names: Vec<&str> = ready().iter().map(|rubric| rubric.name.as_str()).collect();
        assert_eq!(names, READY);
    }

    #[test]
    fn the_newest_version_is_found_unless_another_is_named() {
        let mut own = ready()[0].clone();
        own.name = "own".into();
        let newer = Rubric { version: 3, ..own.clone() };
        let settings = Settings { rubrics: vec![newer, own], ..Settings::default() };
        let version = |version| find(&settings, "own", version).map(|rubric| rubric.version);
        assert_eq!((version(None), version(Some(1)), version(Some(2))), (Some(3), Some(1), None));
        assert!(find(&settings, "payments_pci", None).is_some() && find(&settings, "other", None).is_none());
    }
}
