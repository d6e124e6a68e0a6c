package conflict

import (
	"encoding/json"
	"errors"
	"net/http"
)

// Update reads an entity with req (a GET), asks f for the change and sends it.
func Update(c *http.Client, req *http.Request, f func(entity json.RawMessage) (patch any, err error)) (*http.Response, error) {
	return nil, errors.ErrUnsupported
}
