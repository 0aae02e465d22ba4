import Glibc
import Synchronization
import Testing

@testable import System

@Suite struct ParallelTests {
    private func failure(_ index: Int) -> UserError { UserError(.data, "\(index) fails") }

    @Test(arguments: [1, 2, 7])
    func everyIndexIsVisitedOnce(threads: Int) throws {
        let visits = Mutex([Int](repeating: 0, count: 1000))
        try Parallel.forEach(1000, threads: threads) { index in visits.withLock { $0[index] += 1 } }
        #expect(visits.withLock { $0.allSatisfy { $0 == 1 } })
        try Parallel.forEach(0, threads: threads) { _ in Issue.record("there is nothing to visit") }
    }

    /// One thread would have met the error of index 40 and never that of 41.
    @Test(arguments: 0..<20)
    func theErrorIsThatOfTheLowestIndex(_: Int) {
        let thrown = #expect(throws: UserError.self) {
            try Parallel.forEach(200, threads: 4) { index throws(UserError) in
                if index >= 40 { throw failure(index) }
            }
        }
        #expect(thrown == failure(40))
    }

    /// Two calls run at the same time; the fast one waits for the slow one to begin, and this for it to fail.
    @Test(arguments: [0, 1])
    func itIsTheLowestWhicheverFailsFirst(slow: Int) {
        let hasBegun = Mutex(false)
        let hasFailed = Mutex(false)
        let thrown = #expect(throws: UserError.self) {
            try Parallel.forEach(2, threads: 2) { index throws(UserError) in
                if index == slow {
                    hasBegun.withLock { $0 = true }
                    Self.wait(for: hasFailed)
                    usleep(10_000)
                } else {
                    Self.wait(for: hasBegun)
                    hasFailed.withLock { $0 = true }
                }
                throw failure(index)
            }
        }
        #expect(thrown == failure(0))
    }

    /// A second at most.
    private static func wait(for flag: borrowing Mutex<Bool>) {
        for _ in 0..<100 where !flag.withLock({ $0 }) { usleep(10_000) }
    }

    @Test func bothFunctionsReturnAndTheFirstErrorCounts() throws {
        let (number, text) = try Parallel.both {
            1
        } _: {
            "two"
        }
        #expect(number == 1 && text == "two")
        let thrown = #expect(throws: UserError.self) {
            _ = try Parallel.both { () throws(UserError) -> Int in
                throw failure(1)
            } _: { () throws(UserError) -> Int in
                throw failure(2)
            }
        }
        #expect(thrown == failure(1))
    }

    @Test func aBackgroundValueIsWaitedFor() {
        let value = Background { (0..<1000).reduce(0, +) }
        #expect(value.value == 499_500 && value.value == 499_500)
    }
}
