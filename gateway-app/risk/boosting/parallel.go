package boosting

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// worthSharing is how much work, in visits to a value, makes up for waking other processors.
const worthSharing = 1 << 15

// share does a number of tasks, on all processors where the work is worth it. Tasks must not depend on each
// other and write to places of their own, so that it cannot matter who does which, and when.
//
// The caller works too and waits for tasks, not for helpers: on a busy machine a helper may never get a
// processor, and then nothing waits for it.
func share(tasks, work int, do func(task int)) {
	workers := min(runtime.GOMAXPROCS(0), tasks)
	if workers < 2 || work < worthSharing {
		for task := range tasks {
			do(task)
		}
		return
	}
	var next atomic.Int64
	var undone sync.WaitGroup
	undone.Add(tasks)
	help := func() {
		for task := int(next.Add(1)) - 1; task < tasks; task = int(next.Add(1)) - 1 {
			do(task)
			undone.Done()
		}
	}
	for range workers - 1 {
		go help()
	}
	help()
	undone.Wait()
}

// shareRows does something to consecutive stretches of rows.
func shareRows(rows int, do func(from, to int)) {
	const stretch = 1024
	share((rows+stretch-1)/stretch, rows*4, func(task int) {
		do(task*stretch, min(rows, (task+1)*stretch))
	})
}
