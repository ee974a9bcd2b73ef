package publicimages

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestImagesAreFoundByIDAndByParameter(t *testing.T) {
	ids, parameters := map[string]bool{}, map[string]bool{}
	for _, region := range []string{"us-east-1", "eu-central-1"} {
		for _, i := range In(region) {
			require.Regexp(t, regexp.MustCompile(`^ami-[0-9a-f]{17}$`), i.ID)
			require.False(t, ids[i.ID], "two images have the id %s", i.ID)
			ids[i.ID] = true
			got, ok := Find(region, i.ID)
			require.True(t, ok)
			require.Equal(t, i, got)
			for _, p := range i.Parameters {
				require.False(t, parameters[region+p], "%s names two images", p)
				parameters[region+p] = true
				got, ok := Named(region, p)
				require.True(t, ok)
				require.Equal(t, i, got)
			}
		}
	}
	_, ok := Find("us-east-1", "ami-00000000000000000")
	require.False(t, ok)
}
