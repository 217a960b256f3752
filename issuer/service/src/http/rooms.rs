//! Which room a request is worked in, by its route.

use crate::access::Room;

/// What citizens, registrars and operators do so that something ends: answers to questions, freezes,
/// withdrawals.
const URGENT_ROUTES: [&str; 7] = [
    "/v1/holder/consents/{id}",
    "/v1/holder/enrolments/{id}",
    "/v1/holder/devices/{id}",
    "/v1/holder/devices/{id}/end",
    "/v1/holder/freeze",
    "/v1/registrar/persons/{person}/freeze",
    "/v1/operator/credentials/{id}/withdraw",
];
/// What the operator's own watch asks for.
const HEALTH_ROUTES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// Routes that answer a venue's own credential alone.
pub(super) fn is_of_venue(route: &str) -> bool {
    matches!(
        route,
        "/v1/scans" | "/v1/scans/batch" | "/v1/receipts" | "/v1/venue-codes" | "/v1/visits"
    )
}

/// The room of a route, or of what is no route.
pub(super) fn room_of(route: Option<&str>) -> Room {
    match route {
        Some(route) if URGENT_ROUTES.contains(&route) => Room::Urgent,
        Some(route) if HEALTH_ROUTES.contains(&route) => Room::Health,
        Some(route) if is_of_venue(route) => Room::Venues,
        _ => Room::Work,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Rooms;
    use crate::limits::Limits;

    #[test]
    fn every_route_that_has_a_room_of_its_own_is_a_route_of_the_service() {
        let description: serde_json::Value =
            serde_json::from_str(&crate::http::openapi().unwrap()).unwrap();
        let venues =
            ["/v1/scans", "/v1/scans/batch", "/v1/receipts", "/v1/venue-codes", "/v1/visits"];
        assert!(venues.iter().all(|route| is_of_venue(route)));
        for route in URGENT_ROUTES.iter().chain(&HEALTH_ROUTES).chain(&venues) {
            assert!(description["paths"].get(route).is_some(), "{route}");
        }
    }

    #[test]
    fn venues_answers_freezes_and_health_have_rooms_of_their_own() {
        let rooms = Rooms::new(&Limits { requests: 1, connections: 4, ..Limits::default() });
        let admit = |route| rooms.admit(room_of(route));
        let _working = admit(Some("/v1/token")).unwrap();
        assert!(admit(None).is_none());
        let _scanning = admit(Some("/v1/scans/batch")).unwrap();
        assert!(admit(Some("/v1/scans")).is_none(), "venues' own places are bounded as well");
        for route in URGENT_ROUTES.into_iter().chain(HEALTH_ROUTES) {
            assert!(admit(Some(route)).is_some(), "{route}");
        }
    }
}
