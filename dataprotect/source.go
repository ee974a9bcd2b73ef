package dataprotect

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
)

// Source gives the value of a secret. It is asked only when the value is about to be written: when the secret is created,
// and when its Version changes. Being a function, it shows nothing of the value however it is printed.
//
//	Value: func(ctx context.Context) ([]byte, error) { return vault.Read(ctx, "db") },
type Source func(ctx context.Context) ([]byte, error)

const masked = "(secret)"

// String implements fmt.Stringer; it shows nothing.
func (Source) String() string { return masked }

// GoString implements fmt.GoStringer; it shows nothing.
func (Source) GoString() string { return masked }

// MarshalJSON implements json.Marshaler; it shows nothing.
func (Source) MarshalJSON() ([]byte, error) { return json.Marshal(masked) }

// LogValue implements slog.LogValuer; it shows nothing.
func (Source) LogValue() slog.Value { return slog.StringValue(masked) }

// passwordLetters leaves out what connection strings, shells and JSON need quoted.
const passwordLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#%*+-.:=?@^_~"

// Password generates a random password of so many characters, at least 16: letters, digits and !#%*+-.:=?@^_~.
func Password(length int) Source {
	return func(context.Context) ([]byte, error) {
		if length < 16 {
			return nil, fmt.Errorf("a password of %d characters can be guessed: use 16 or more", length)
		}
		out := make([]byte, length)
		for i := range out {
			n, err := rand.Int(rand.Reader, big.NewInt(int64(len(passwordLetters))))
			if err != nil {
				return nil, err
			}
			out[i] = passwordLetters[n.Int64()]
		}
		return out, nil
	}
}

// Login is a user's name with a password, in the JSON form that AWS's rotation functions and databases expect:
// {"username": …, "password": …}.
func Login(username string, password Source) Source {
	return func(ctx context.Context) ([]byte, error) {
		word, err := password(ctx)
		if err != nil {
			return nil, err
		}
		return json.Marshal(map[string]string{"username": username, "password": string(word)})
	}
}
