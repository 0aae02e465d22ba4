// What a user of the library needs, under one name: `import FlowContrast`.
//
// Reading recipes, run directories, tables and reports are not in it: the command line is made of them.

@_exported import Datasets
@_exported import EnergyModels
@_exported import Flows
@_exported import Gradients
@_exported import Methods
@_exported import Networks
@_exported import Schemas
@_exported import Scores
@_exported import System
@_exported import Tensors
@_exported import Training
