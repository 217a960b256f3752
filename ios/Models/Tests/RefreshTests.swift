import IShenzhenModels
import Szid
import XCTest

/// Passes fetched while nobody looks.
final class RefreshTests: XCTestCase {
    func testPassesForTheComingDaysAreFetchedWithoutAnyScreen() async throws {
        try await withTrial { trial in
            do {
                let before = Trial(trial.phone)
                // Today and two more: so few that it is time for others, once as many as usual are wanted.
                before.door.want(days: 2)
                _ = try await before.enrolled()
            }
            let keys = trial.phone.keys.count
            await trial.home.refresh()
            XCTAssertEqual(trial.phone.keys.count, keys + 4)
            guard case .enrolled = trial.home.state else { return XCTFail("\(trial.home.state)") }
        }
    }

    func testWhereNobodyIsEnrolledNothingIsFetched() async throws {
        try await withTrial { trial in
            await trial.home.refresh()
            XCTAssertEqual(trial.phone.keys.count, 0)
            guard case .empty = trial.home.state else { return XCTFail("\(trial.home.state)") }
        }
    }
}
