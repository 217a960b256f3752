//! Encrypted record store on sled for the holder's device.
