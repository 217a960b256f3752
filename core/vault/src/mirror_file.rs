//! The mirror on disk: the second, independent copy of every commit.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use crate::error::VaultError;
use crate::files;
use crate::keys::Keys;
use crate::mirror::{self, Items, Replay};
use crate::write_plan::ItemChange;

/// Name of the mirror in its generation's directory.
pub(crate) const MIRROR_FILE: &str = "mirror";
/// Compaction keeps mirrors far below this; a larger file is not one of ours.
const MAX_MIRROR_LEN: u64 = 512 * 1024 * 1024;
/// Items of a first writing are spread over frames of about this size, so that damage stays local.
const BASE_FRAME_LEN: usize = 64 * 1024;

/// An open mirror.
pub(crate) struct MirrorFile {
    file: File,
    generation: u64,
    len: u64,
    next_index: u64,
}

impl MirrorFile {
    /// Writes a mirror that holds these items, and puts it in place whole. That marks the generation as
    /// complete.
    pub(crate) fn create(
        dir: &Path,
        keys: &Keys,
        generation: u64,
        commit: u64,
        items: &Items,
    ) -> io::Result<()> {
        let mut bytes = mirror::encode_head(keys, generation).to_vec();
        let (mut pending, mut pending_len, mut index) = (Vec::new(), 0, 0);
        for (key, sealed) in items {
            pending_len += sealed.len();
            pending.push((*key, Some(sealed.clone())));
            if pending_len >= BASE_FRAME_LEN {
                bytes.extend(mirror::encode_frame(keys, generation, index, commit, &pending));
                pending.clear();
                (pending_len, index) = (0, index + 1);
            }
        }
        bytes.extend(mirror::encode_frame(keys, generation, index, commit, &pending));
        files::write_atomically(dir, MIRROR_FILE, &bytes)
    }

    /// Reads the mirror of a generation; `None` if there is none, or none of a size that we write.
    pub(crate) fn read(
        dir: &Path,
        keys: &Keys,
        generation: u64,
    ) -> Result<Option<Replay>, VaultError> {
        let Some(bytes) = files::read_bounded(&dir.join(MIRROR_FILE), MAX_MIRROR_LEN)? else {
            return Ok(None);
        };
        if bytes.len() as u64 > MAX_MIRROR_LEN {
            return Ok(None);
        }
        Ok(Some(mirror::replay(keys, generation, &bytes)))
    }

    /// Opens a mirror that was read as complete, for more commits.
    pub(crate) fn open(dir: &Path, generation: u64, replay: &Replay) -> io::Result<MirrorFile> {
        let file = OpenOptions::new().write(true).open(dir.join(MIRROR_FILE))?;
        let len = replay.end as u64;
        let mut mirror = MirrorFile { file, generation, len, next_index: replay.next_index };
        if mirror.file.metadata()?.len() != len {
            mirror.cut_back()?;
        }
        Ok(mirror)
    }

    /// Appends a commit, which is not durable before [`MirrorFile::sync`]. After an error the file is as
    /// before.
    pub(crate) fn append(
        &mut self,
        keys: &Keys,
        commit: u64,
        items: &[ItemChange],
    ) -> io::Result<()> {
        let frame = mirror::encode_frame(keys, self.generation, self.next_index, commit, items);
        let written =
            self.file.seek(SeekFrom::Start(self.len)).and_then(|_| self.file.write_all(&frame));
        if let Err(error) = written {
            self.cut_back()?;
            return Err(error);
        }
        self.len += frame.len() as u64;
        self.next_index += 1;
        Ok(())
    }

    /// Makes what was appended durable.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// Length of the file.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Whether the file is exactly this long.
    pub(crate) fn ends_at(&self, len: u64) -> bool {
        self.file.metadata().is_ok_and(|metadata| metadata.len() == len)
    }

    fn cut_back(&mut self) -> io::Result<()> {
        self.file.set_len(self.len)?;
        self.file.sync_data()
    }
}
