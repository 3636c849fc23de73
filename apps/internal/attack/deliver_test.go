package attack

import "github.com/stretchr/testify/require"

// deliver makes the attempts that are due.
func (w *world) deliver() {
	w.t.Helper()
	n, err := w.office.DeliverDue(w.t.Context())
	require.NoError(w.t, err)
	require.Positive(w.t, n, "nothing was due")
}
