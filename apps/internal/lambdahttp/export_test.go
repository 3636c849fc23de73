package lambdahttp

// EscapedLength is held against the encoder itself: one byte too few would be an answer that Lambda refuses.
var EscapedLength = escapedLength
