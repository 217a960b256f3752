//! Clients that close their side once they have asked, as simple scanners do: they get their answer all the
//! same.
//!
//! Over TCP such a client looks like one that has gone away. Hyper can give up on both at once, or on neither
//! until it has an answer for them; the first loses answers, and the second keeps places for waits that
//! nobody waits for. So the end of what a client sends is told a little later while a request of its is
//! worked on.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How long a client that has closed its side is worked for: longer than anything takes that does not wait
/// for somebody.
const PATIENCE: Duration = Duration::from_secs(3);

/// Whether a request of a connection is worked on.
#[derive(Clone, Default)]
pub(crate) struct Working(Arc<AtomicBool>);

impl Working {
    /// Holds until the guard is dropped. A connection has one request at a time.
    pub(crate) fn begin(&self) -> WorkingGuard {
        self.0.store(true, Ordering::Release);
        WorkingGuard(self.clone())
    }
}

/// A request is worked on.
pub(crate) struct WorkingGuard(Working);

impl Drop for WorkingGuard {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::Release);
    }
}

/// A connection whose end is told late while a request is worked on.
pub(crate) struct Patient<S> {
    stream: S,
    working: Working,
    /// Runs from the moment at which the client had closed its side.
    ended: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    pub(crate) fn new(stream: S, working: Working) -> Self {
        Self { stream, working, ended: None }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.ended.is_none() {
            let before = buffer.filled().len();
            ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?;
            if buffer.filled().len() > before {
                return Poll::Ready(Ok(()));
            }
        }
        if !this.working.0.load(Ordering::Acquire) {
            return Poll::Ready(Ok(()));
        }
        // What has worked for it is done on the task that reads: it looks here again.
        this.ended.get_or_insert_with(|| Box::pin(sleep(PATIENCE))).as_mut().poll(context).map(Ok)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
