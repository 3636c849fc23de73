package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
)

const (
	headerTimeout = 10 * time.Second
	// finishTimeout bounds how long an ending server waits for clients that do not read their answers.
	finishTimeout = 5 * time.Second
)

// serve listens, says where, and answers until the context ends; then it finishes the calls in flight.
func serve(ctx context.Context, addr string, sim *claudesim.Sim, stdout io.Writer) error {
	if err := checkAddress(addr); err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return failure{fmt.Errorf("cannot listen on %s: %w: choose another --addr, port 0 takes a free one", addr, err)}
	}
	server := &http.Server{
		Handler:           sim,
		ReadHeaderTimeout: headerTimeout,
		// Lost connections are this server's trade; its log of them would only hide real trouble.
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	if _, err := fmt.Fprintf(stdout, "claudesim listening on http://%s\n", listener.Addr()); err != nil {
		_ = listener.Close()
		return failure{fmt.Errorf("cannot write to standard output: %w", err)}
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return failure{err}
	case <-ctx.Done():
	}
	return finish(server, sim, ended)
}

// finish ends every wait of the simulator, so that the calls in flight are answered now.
func finish(server *http.Server, sim *claudesim.Sim, ended <-chan error) error {
	sim.Close()
	ctx, cancel := context.WithTimeout(context.Background(), finishTimeout)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		_ = server.Close() // clients that do not read are cut off
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return failure{err}
	}
	return nil
}

// checkAddress tells a mistyped address, which is bad usage, from one that cannot be had.
func checkAddress(addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("--addr %q is not an address: give host:port, such as 127.0.0.1:9090", addr)
	}
	return nil
}
