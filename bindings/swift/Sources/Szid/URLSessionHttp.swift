import Foundation
#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// The platform's own HTTP client, with its proxies and its trust store.
///
/// Follows no redirect, keeps no cookies and no cache, and reads no more than it was asked for.
public final class URLSessionHttp: Http {
    private let exchanges = Exchanges()
    private let session: URLSession

    public init() {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpCookieStorage = nil
        configuration.httpShouldSetCookies = false
        configuration.urlCache = nil
        configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
        session = URLSession(configuration: configuration, delegate: exchanges, delegateQueue: nil)
    }

    deinit { session.invalidateAndCancel() }

    public func send(request: HttpRequest) throws -> HttpAnswer {
        guard let url = URL(string: request.url) else { throw HttpPortError.Unreachable }
        let seconds = TimeInterval(request.timeoutMs) / 1_000
        var sent = URLRequest(url: url, timeoutInterval: seconds)
        sent.httpMethod = request.method
        for header in request.headers { sent.setValue(header.value, forHTTPHeaderField: header.name) }
        if request.method == "POST" { sent.httpBody = request.body }
        let task = session.dataTask(with: sent)
        let exchange = exchanges.add(task, maxAnswer: request.maxAnswer)
        defer { exchanges.remove(task) }
        task.resume()
        // The system's timeout starts anew with each byte: a server that drips is given up here.
        if exchange.done.wait(timeout: .now() + seconds) == .timedOut {
            task.cancel()
            throw HttpPortError.Unreachable
        }
        return try exchange.answer()
    }
}

/// What comes in for one request.
private final class Exchange: @unchecked Sendable {
    let done = DispatchSemaphore(value: 0)
    private let lock = NSLock()
    private let maxAnswer: UInt64
    private var status: Int?
    private var body = Data()
    private var failure: HttpPortError?

    init(maxAnswer: UInt64) { self.maxAnswer = maxAnswer }

    func begin(_ response: URLResponse) {
        lock.withLock { status = (response as? HTTPURLResponse)?.statusCode }
    }

    /// False where more came than is of use.
    func take(_ piece: Data) -> Bool {
        lock.withLock {
            guard UInt64(body.count) + UInt64(piece.count) <= maxAnswer else {
                failure = .TooLarge
                return false
            }
            body.append(piece)
            return true
        }
    }

    func end(_ error: Error?) {
        lock.withLock { if error != nil, failure == nil { failure = .Unreachable } }
        done.signal()
    }

    func answer() throws -> HttpAnswer {
        try lock.withLock {
            if let failure { throw failure }
            guard let status, let status = UInt16(exactly: status) else { throw HttpPortError.Unreachable }
            return HttpAnswer(status: status, body: body)
        }
    }
}

/// The exchanges of a session, found by the task that each belongs to.
private final class Exchanges: NSObject, URLSessionDataDelegate, @unchecked Sendable {
    private let lock = NSLock()
    private var running: [Int: Exchange] = [:]

    func add(_ task: URLSessionTask, maxAnswer: UInt64) -> Exchange {
        let exchange = Exchange(maxAnswer: maxAnswer)
        lock.withLock { running[task.taskIdentifier] = exchange }
        return exchange
    }

    func remove(_ task: URLSessionTask) {
        _ = lock.withLock { running.removeValue(forKey: task.taskIdentifier) }
    }

    private func exchange(of task: URLSessionTask) -> Exchange? {
        lock.withLock { running[task.taskIdentifier] }
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }

    func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
    ) {
        exchange(of: dataTask)?.begin(response)
        completionHandler(.allow)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        if exchange(of: dataTask)?.take(data) == false { dataTask.cancel() }
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: Error?) {
        exchange(of: task)?.end(error)
    }
}
