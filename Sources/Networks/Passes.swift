import Tensors

/// Consecutive ranges that cover `0..<count`, each of as many images as a pass without gradients takes.
package func passes(over count: Int) -> [Range<Int>] { chunks(of: count, by: 250) }
