// EnergyModels
