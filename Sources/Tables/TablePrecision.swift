import Runs
import System
import Tensors
import Training

extension TableCells {
    /// Makes every cell compute in one precision, whichever machine trains it: that of the runs that have begun, else this
    /// machine's. A precision that the user named stays.
    ///
    /// - Returns: what was chosen and why; nil where nothing had to be.
    public mutating func pinPrecision() throws -> String? {
        let open = cells.filter { $0.recipe.precision == .auto }
        guard options.precision == nil, !open.isEmpty else { return nil }
        let begun = open.lazy.compactMap { try? $0.run.header().machine.precision }.first
        let name = try begun ?? Device.standard.reducedType(for: .auto).rawValue
        options.precision = Precision(rawValue: name)
        let reason = begun == nil ? "as this machine does" : "as the runs do that have begun"
        return "all cells compute in \(name), \(reason); --precision chooses"
    }
}
