//! Venue side: trust and status caches, replay memory, scanner input, verification.
