//! The scenes that the city starts with. Adding one is a change of data, not of software.

use szid_protocol::scene::ScenePolicy;

/// The twelve scenes of `data/scenes.json`.
///
/// # Errors
/// When the data file is not what it should be; a test keeps it so.
pub fn default_scenes() -> Result<Vec<ScenePolicy>, serde_json::Error> {
    serde_json::from_str(include_str!("../../data/scenes.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_file_has_twelve_scenes_and_a_library_never_gets_a_number() {
        let scenes = default_scenes().unwrap();
        assert_eq!(
            scenes.iter().map(|scene| scene.id).collect::<Vec<_>>(),
            (1..=12).collect::<Vec<_>>()
        );
        let library = scenes.iter().find(|scene| scene.id == 2).unwrap();
        assert!(!library.claims.contains(&5) && !library.claims.contains(&2));
    }
}
