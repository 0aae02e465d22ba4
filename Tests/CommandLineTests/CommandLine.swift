import Testing

/// Everything here runs the built executable; one process at a time, because each one takes all cores.
@Suite(.serialized) struct CommandLine {}
