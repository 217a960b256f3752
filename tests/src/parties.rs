//! Parties that prove who somebody is, as tests want them to behave. All of them are mocks.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use szid_identity::connectors::mock::MockPopulationRegister;
use szid_identity::connectors::population_register::{Answered, PopulationRegister, Question};
use szid_identity::connectors::{Bounds, Guarded, check_address};

/// How the adapter of a mock population register behaves.
#[derive(Clone, Copy)]
pub enum Behaviour {
    /// As it should.
    Sound,
    /// It takes longer than anybody waits.
    Slow,
    /// It has a fault of its own.
    Down,
    /// It says what no register says.
    Garbled,
    /// It hands out more than it is asked for, as a page of a proxy may.
    Endless,
    /// Each second request fails.
    Flapping,
}

/// An adapter of a mock population register, over HTTP.
pub struct Adapter {
    behaviour: Behaviour,
    register: MockPopulationRegister,
    asked: AtomicUsize,
}

impl Adapter {
    /// Serves one on a free port.
    pub async fn serve(behaviour: Behaviour) -> (Arc<Self>, SocketAddr) {
        let register = MockPopulationRegister::new().expect("people");
        let adapter = Arc::new(Self { behaviour, register, asked: AtomicUsize::new(0) });
        let routes = Router::new().route("/match", post(answer)).with_state(Arc::clone(&adapter));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, routes).await });
        (adapter, address)
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

async fn answer(State(adapter): State<Arc<Adapter>>, body: Bytes) -> Response {
    let asked = adapter.asked.fetch_add(1, Ordering::Relaxed);
    let question: Question<'_> = serde_json::from_slice(&body).expect("a question");
    let answered = Answered { result: adapter.register.answer(&question) };
    let answered = serde_json::to_vec(&answered).expect("JSON");
    match adapter.behaviour {
        Behaviour::Sound => answered.into_response(),
        Behaviour::Slow => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            answered.into_response()
        }
        Behaviour::Down => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Behaviour::Garbled => r#"{"result": "of course"}"#.into_response(),
        Behaviour::Endless => vec![b' '; 1 << 20].into_response(),
        Behaviour::Flapping if asked.is_multiple_of(2) => StatusCode::BAD_GATEWAY.into_response(),
        Behaviour::Flapping => answered.into_response(),
    }
}

/// The connector to an adapter, which waits no longer than tests do.
pub fn population_register(address: SocketAddr) -> Guarded {
    let address = format!("http://{address}/match");
    let address = check_address(&address, true).expect("this machine");
    let connector = PopulationRegister::new(address, None).expect("a client");
    let bounds = Bounds { time: Duration::from_millis(700), ..Bounds::default() };
    Guarded::new(Box::new(connector), bounds)
}
