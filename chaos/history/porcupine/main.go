// Asks porcupine whether the history of one register is linearizable.
//
// On the standard input stands one JSON object: the register's initial value, the seconds that the
// search may take, and the operations. On the standard output comes one of the words ok, illegal
// and unknown, the last where the search took too long.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/anishathalye/porcupine"
)

// operation is one call on the register that had its effect. Call and Return are nanoseconds.
// Expected is the value that a swap was made for.
type operation struct {
	Op       string `json:"op"`
	Value    string `json:"value"`
	Expected string `json:"expected"`
	Call     int64  `json:"call"`
	Return   int64  `json:"return"`
}

type history struct {
	Initial    string      `json:"initial"`
	Seconds    float64     `json:"seconds"`
	Operations []operation `json:"operations"`
}

// step is the register: what it becomes, and whether it could have answered so.
func step(held string, asked operation) (bool, string) {
	if asked.Op == "read" {
		return asked.Value == held, held
	}
	return asked.Op == "write" || asked.Expected == held, asked.Value
}

func main() {
	var given history
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		fmt.Fprintln(os.Stderr, "no history:", err)
		os.Exit(2)
	}
	model := porcupine.Model{
		Init: func() interface{} { return given.Initial },
		Step: func(state, input, _ interface{}) (bool, interface{}) {
			return step(state.(string), input.(operation))
		},
	}
	var calls []porcupine.Operation
	for _, one := range given.Operations {
		calls = append(calls, porcupine.Operation{Input: one, Call: one.Call, Return: one.Return})
	}
	limit := time.Duration(given.Seconds * float64(time.Second))
	switch porcupine.CheckOperationsTimeout(model, calls, limit) {
	case porcupine.Ok:
		fmt.Println("ok")
	case porcupine.Illegal:
		fmt.Println("illegal")
	default:
		fmt.Println("unknown")
	}
}
