package kindtest_test

import (
	"testing"

	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
)

func TestLabels(t *testing.T) { kindtest.Run(t, labelsCase) }
