//! Software stand-ins for a phone's secure hardware and clocks, for tests and the command line. Who copies
//! their files copies the keys: passes over them say key protection 1.

mod device_keys;
mod mock_holder_prompt;
mod mock_key_attester;
mod mock_sealing_key;
mod private_file;
mod sealing_key;
mod system;

pub use device_keys::SoftwareDeviceKeys;
pub use mock_holder_prompt::MockHolderPrompt;
pub use mock_key_attester::MockKeyAttester;
pub use mock_sealing_key::MockSealingKey;
pub use private_file::make_private_folder;
pub use sealing_key::SoftwareSealingKey;
pub use system::{SystemClock, SystemEntropy};
