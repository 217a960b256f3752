//! What programs on a gate's machine open and leave open keeps nobody else out.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use szid_gate::http;
use szid_issuer::serve_locally;
use szid_tests::city::*;
use szid_tests::gates::Device;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// Connections that the gate has at once.
const CONNECTIONS: usize = 4;
const ALIVE: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
const HALF_A_SCAN: &[u8] =
    b"POST /v1/scans HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 700\r\n\r\n{";

/// So many connections on which this was sent.
async fn open(address: SocketAddr, sent: &[u8]) -> Vec<TcpStream> {
    let mut opened = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(sent).await.unwrap();
        opened.push(stream);
    }
    opened
}

/// What comes first, as text; empty where the connection was closed.
async fn answer(stream: &mut TcpStream) -> String {
    let mut answer = vec![0; 4096];
    let read = stream.read(&mut answer);
    let read = tokio::time::timeout(Duration::from_secs(10), read).await.unwrap().unwrap_or(0);
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

async fn is_alive(address: SocketAddr) -> bool {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(ALIVE).await.unwrap();
    answer(&mut stream).await.starts_with("HTTP/1.1 200")
}

#[tokio::test]
async fn connections_that_wait_for_their_client_make_way_and_a_body_has_its_time() {
    let city = City::found().await;
    let (_, _, gate) = Device::at_work(&city).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async { _ = stopped.await };
    let router = http::router(Arc::new(gate));
    let serving = tokio::spawn(serve_locally(listener, router, CONNECTIONS, stopped));
    let mut used = open(address, ALIVE).await;
    for stream in &mut used {
        assert!(answer(stream).await.starts_with("HTTP/1.1 200"));
    }
    assert!(is_alive(address).await, "beside connections that were used and lie idle");
    let _silent = open(address, b"").await;
    assert!(is_alive(address).await, "beside connections on which nothing comes");
    let mut halves = open(address, HALF_A_SCAN).await;
    assert!(is_alive(address).await, "beside scans of which half has come");
    let last = halves.last_mut().unwrap();
    let told = answer(last).await;
    assert!(told.starts_with("HTTP/1.1 408") && told.contains("\"TIMEOUT\""), "{told}");
    drop(stop);
    serving.await.unwrap();
    city.stop().await;
}
