import FlowContrast

extension Variable {
    /// x³, element by element: an operation that the library lacks.
    public func cubed() -> Variable {
        let (x, backend) = (value, backend)
        let square = backend.map(.square, x)
        return tape.record(backend.combine(.multiply, square, x, .elementwise), from: [self]) { dy in
            let slope = backend.affine(square, scale: 3, shift: 0)
            self.receive(backend.combine(.multiply, dy, slope, .elementwise))
        }
    }
}
