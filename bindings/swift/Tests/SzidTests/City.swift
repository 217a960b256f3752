import Foundation
#if canImport(FoundationNetworking)
import FoundationNetworking
#endif
import Szid

/// The real service, run by its example program, as a registrar and a venue see it.
final class City: @unchecked Sendable {
    /// Of the program that stands a city up.
    static let program = ProcessInfo.processInfo.environment["SZID_CITY"]

    let rootKey: Data
    private let process = Process()
    private let hold = Pipe()
    private let base: String, registrar: String, secondRegistrar: String, venue: String, hall: String

    /// Where the park's gate answers, once it was started with the city.
    private let gate: String?

    struct Offer { let link: String, code: String, person: String }
    struct Unusable: Error { let answer: String }

    /// With the program `szid`, the park's gate runs beside the city.
    init(gateBy szid: String? = nil) throws {
        guard let program = Self.program else { throw Unusable(answer: "SZID_CITY names no program") }
        let told = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        if let szid { process.arguments = ["--gate", szid] }
        process.standardOutput = told
        process.standardInput = hold
        try process.run()
        var line = Data()
        while line.last != UInt8(ascii: "\n") {
            let piece = told.fileHandleForReading.readData(ofLength: 1)
            if piece.isEmpty { throw Unusable(answer: "the city ended") }
            line += piece
        }
        let facts = try JSONDecoder().decode([String: Fact].self, from: line)
        func fact(_ name: String) throws -> String {
            guard case .text(let text)? = facts[name] else { throw Unusable(answer: "no \(name)") }
            return text
        }
        rootKey = try Data(base64Encoded: fact("root_spki")) ?? Data()
        base = try fact("base_url")
        registrar = try fact("registrar")
        secondRegistrar = try fact("second_registrar")
        venue = try fact("venue")
        hall = try fact("hall")
        if case .texts(let told)? = facts["gate"] { gate = told["base_url"] } else { gate = nil }
    }

    /// It runs until its input closes.
    func close() {
        try? hold.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// What the counter hands out for a fictional person.
    func offer(number: String = "440399198803150018", name: String = "林示例") async throws -> Offer {
        var answer = try await post("/v1/registrar/enrolments", registrar, [
            "document": ["type": "111", "number": number], "name": name, "identity_level": 4, "method": "counter",
        ])
        if let request = answer["request"] as? String {
            answer = try await post("/v1/registrar/requests/\(request)/confirm", secondRegistrar, [:])
        }
        guard let link = answer["credential_offer"] as? String, let code = answer["tx_code"] as? String,
            let person = answer["person"] as? String
        else { throw Unusable(answer: "\(answer)") }
        return Offer(link: link, code: code, person: person)
    }

    /// A registrar's change of an account, `freeze` for instance.
    func change(_ person: String, _ change: String) async throws {
        _ = try await post("/v1/registrar/persons/\(person)/\(change)", registrar, ["reason": "lost_phone"])
    }

    /// A counter asks for another phone of somebody known; the request.
    func askForAnotherPhone(number: String = "440399198803150018", name: String = "林示例") async throws -> String? {
        let asked: [String: Any] = [
            "document": ["type": "111", "number": number], "name": name, "identity_level": 4, "method": "counter",
            "devices": "adds",
        ]
        return try await post("/v1/registrar/enrolments", registrar, asked)["request"] as? String
    }

    /// A scan in the library: decision, and reason where there is one.
    func scan(_ digits: String, operator desk: String = "desk-1") async throws -> (String?, String?) {
        let answer = try await post("/v1/scans", venue, ["code": digits, "scene": 2, "operator": desk])
        return (answer["decision"] as? String, answer["reason"] as? String)
    }

    /// A scan in a scene of the hall, whose reason comes back; waits for the holder where the scene asks
    /// them.
    func scanInHall(_ digits: String, scene: Int) async throws -> String? {
        try await post("/v1/scans", hall, ["code": digits, "scene": scene, "operator": "desk-1"])["reason"] as? String
    }

    /// A scan at the park's gate, which asks nobody who they are: the reason.
    func scanAtGate(_ digits: String) async throws -> String? {
        guard let gate else { throw Unusable(answer: "no gate was started") }
        let body = try JSONSerialization.data(withJSONObject: ["code": digits])
        return try await send("/v1/scans", nil, body, at: gate)["reason"] as? String
    }

    /// The code that the hall's desk shows now, for a scene.
    func venueCode(scene: Int) async throws -> String {
        let answer = try await post("/v1/venue-codes", hall, ["scene": scene])
        guard let digits = answer["digits"] as? String else { throw Unusable(answer: "\(answer)") }
        return digits
    }

    /// Looks at the hall's screen once, which says for half a minute that somebody does: the decisions on who
    /// was there.
    func visitsInHall() async throws -> [String] {
        let answer = try await send("/v1/visits?wait=0", hall, nil)
        guard let visits = answer["visits"] as? [[String: Any]] else { throw Unusable(answer: "\(answer)") }
        return visits.compactMap { $0["decision"] as? String }
    }

    /// One of the city's signed documents, as it is served.
    func document(_ path: String) async throws -> Data {
        guard let url = URL(string: base + path) else { throw Unusable(answer: path) }
        let (document, response) = try await URLSession.shared.data(from: url)
        guard (response as? HTTPURLResponse)?.statusCode == 200 else { throw Unusable(answer: path) }
        return document
    }

    private func post(_ path: String, _ secret: String, _ body: [String: Any]) async throws -> [String: Any] {
        try await send(path, secret, JSONSerialization.data(withJSONObject: body))
    }

    /// Posts a body, or reads where there is none.
    private func send(_ path: String, _ secret: String?, _ body: Data?, at other: String? = nil) async throws -> [String: Any] {
        guard let url = URL(string: (other ?? base) + path) else { throw Unusable(answer: path) }
        var request = URLRequest(url: url)
        if let secret { request.setValue("Bearer \(secret)", forHTTPHeaderField: "Authorization") }
        if let body {
            request.httpMethod = "POST"
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
            request.httpBody = body
        }
        let (answer, _) = try await URLSession.shared.data(for: request)
        return try JSONSerialization.jsonObject(with: answer) as? [String: Any] ?? [:]
    }

    private enum Fact: Decodable {
        case text(String), texts([String: String]), other

        init(from decoder: Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let text = try? value.decode(String.self) {
                self = .text(text)
            } else {
                self = (try? value.decode([String: String].self)).map(Fact.texts) ?? .other
            }
        }
    }
}
