package main

import (
	"sync"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/tallystick/tallystick/core/fault"
)

// drainable counts the transactions that are under way, and can refuse new ones.
type drainable struct {
	inner shim.Chaincode

	mu       sync.Mutex
	running  int
	draining bool
	idle     chan struct{} // closed when draining and nothing runs
}

func newDrainable(inner shim.Chaincode) *drainable {
	return &drainable{inner: inner, idle: make(chan struct{})}
}

// Init passes an initialisation on.
func (d *drainable) Init(stub shim.ChaincodeStubInterface) *peer.Response {
	return d.call(func() *peer.Response { return d.inner.Init(stub) })
}

// Invoke passes a transaction on; one that comes while the process ends is refused as unavailable, so
// that the client's next try goes elsewhere.
func (d *drainable) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	return d.call(func() *peer.Response { return d.inner.Invoke(stub) })
}

func (d *drainable) call(invoke func() *peer.Response) *peer.Response {
	if !d.enter() {
		return shim.Error(fault.New(fault.Unavailable).Encode())
	}
	defer d.leave()
	return invoke()
}

func (d *drainable) enter() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.draining {
		return false
	}
	d.running++
	return true
}

func (d *drainable) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.running--
	if d.draining && d.running == 0 {
		close(d.idle)
	}
}

// drain refuses new transactions and waits for those under way. It reports whether all ended.
func (d *drainable) drain(patience time.Duration) bool {
	d.mu.Lock()
	if !d.draining {
		d.draining = true
		if d.running == 0 {
			close(d.idle)
		}
	}
	d.mu.Unlock()
	select {
	case <-d.idle:
		return true
	case <-time.After(patience):
		return false
	}
}
