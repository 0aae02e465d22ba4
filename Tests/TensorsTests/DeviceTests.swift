import System
import Tensors
import TestSupport
import Testing

/// The place that chooses a backend, and what keeps the tensors of two backends apart.
@Suite("Devices")
struct DeviceTests {
    @Test func namesAreReadAsTheyAreWritten() throws {
        #expect(try Device("cpu") == .cpu)
        #expect(try Device(Device.standard.description) == .standard)
        let error = #expect(throws: UserError.self) { try Device("abacus") }
        #expect(error?.kind == .recipe && error?.what.contains("\"abacus\"") == true)
    }

    @Test func aBackendIsOpenedAsAsked() throws {
        let backend = try Device.cpu.open(threads: 3, precision: .float32)
        #expect(backend.threads == 3 && backend.real == .float32 && backend.reduced == .float32)
        #expect(try Device.cpu.open().threads == Device.cpu.availableProcessors)
        #expect(try Device.cpu.open().reduced == Device.cpu.reducedType(for: .auto))
        #expect(throws: UserError.self) { try Device.cpu.open(threads: 0) }
    }

    @Test func tensorsOfAnotherBackendTrap() async {
        await #expect(processExitsWith: .failure) {
            let (product, reference) = (try Device.cpu.open(threads: 1), ReferenceBackend())
            _ = product.doubles(reference.zeros([2], .float64))
        }
        await #expect(processExitsWith: .failure) {
            let (product, reference) = (try Device.cpu.open(threads: 1), ReferenceBackend())
            _ = reference.doubles(product.zeros([2], .float64))
        }
    }
}
