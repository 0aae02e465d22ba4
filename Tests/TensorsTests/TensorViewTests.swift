import Tensors
import TestSupport
import Testing

@Suite("Shapes and views")
struct TensorViewTests {
    let backend = ReferenceBackend()

    @Test func shapesCount() {
        let shape: Shape = [2, 3, 4, 5]
        #expect(shape.count == 120 && shape.first == 2 && shape.last == 5 && shape.rowCount == 60)
        #expect(shape.replacingFirst(with: 7) == [7, 3, 4, 5])
        #expect(shape.replacingLast(with: 7) == [2, 3, 4, 7])
        #expect(shape.description == "[2, 3, 4, 5]")
    }

    @Test func emptyAndScalarShapes() {
        #expect(Shape([]).count == 1)
        #expect(Shape([0, 4]).count == 0 && Shape([0, 4]).rowCount == 0)
    }

    @Test func rowsAndViewsShareStorage() {
        let x = backend.tensor((0..<24).map(Double.init), [4, 3, 2], .float64)
        let rows = x.rows(1..<3)
        #expect(rows.shape == [2, 3, 2])
        #expect(backend.doubles(rows) == (6..<18).map(Double.init))
        #expect(backend.doubles(rows.rows(1..<2)) == (12..<18).map(Double.init))
        #expect(backend.doubles(rows.view(from: 2, shape: [2, 2])) == [8, 9, 10, 11])
        backend.fill(rows.rows(0..<1), with: -1)
        #expect(backend.doubles(x)[5...12] == [5, -1, -1, -1, -1, -1, -1, 12])
        #expect(x.reshaped([6, 4]).storage === x.storage)
    }

    @Test func aViewOutlivesItsTensor() {
        var x: Tensor? = backend.tensor([1, 2, 3, 4] as [Double], [4], .float64)
        let view = x!.rows(2..<4)
        x = nil
        #expect(backend.doubles(view) == [3, 4])
    }

    @Test func memoryReturnsWithTheLastView() {
        let before = backend.memory.held
        do {
            let x = backend.zeros([1000], .float64)
            #expect(backend.memory.held == before + 8000 && x.count == 1000)
        }
        #expect(backend.memory.held == before)
        #expect(backend.memory.peak >= before + 8000)
    }

    @Test func viewsOutsideTheTensorTrap() async {
        await #expect(processExitsWith: .failure) {
            _ = ReferenceBackend().zeros([4, 2], .float64).rows(3..<5)
        }
        await #expect(processExitsWith: .failure) {
            _ = ReferenceBackend().zeros([4, 2], .float64).reshaped([3, 3])
        }
        await #expect(processExitsWith: .failure) {
            _ = ReferenceBackend().zeros([4, 2], .float64).rows(1..<3).view(from: 3, shape: [2])
        }
    }
}
