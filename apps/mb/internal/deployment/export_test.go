package deployment

// Silence is for tests: what times out would have to be waited for.
var Silence = silence
