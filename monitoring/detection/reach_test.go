package detection_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	guarddutytypes "github.com/aws/aws-sdk-go-v2/service/guardduty/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/dataprotect"
	"github.com/seed-08ecc977/zerotrust/monitoring"
	"github.com/seed-08ecc977/zerotrust/monitoring/detection"
	"github.com/seed-08ecc977/zerotrust/monitoring/events"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeeventbridge"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeguardduty"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakekms"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakesns"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
)

// A finding reaches a topic only if the topic's policy and the policy of its key let EventBridge in.
func TestFindingReachesAnEncryptedTopic(t *testing.T) {
	const topicARN = "arn:aws:sns:us-east-1:123456789012:alerts"
	open := monitoring.Topic{Name: "alerts", Publishers: []monitoring.Publisher{monitoring.EventBridge}}
	key := dataprotect.Key{Name: "alerts", Policy: monitoring.TopicKeyPolicy(open)}
	closed := dataprotect.Key{Name: "alerts"}
	with := func(topic monitoring.Topic, key dataprotect.Key) ztcore.List {
		topic.Key = key.ARN()
		return ztcore.List{key, topic}
	}
	for name, c := range map[string]struct {
		topic   ztcore.List
		failure string
	}{
		"both let it in":         {with(open, key), ""},
		"the key does not":       {with(open, closed), "NO_PERMISSIONS"},
		"the topic does not":     {with(monitoring.Topic{Name: "alerts"}, key), "NO_PERMISSIONS"},
		"there is no such topic": {ztcore.List{key}, "NO_RESOURCE"},
	} {
		cloud := fakeaws.New(fakests.Install, fakesns.Install, fakekms.Install, fakeeventbridge.Install, fakeguardduty.Install)
		route := detection.Route{Name: "urgent", To: []events.Target{{ID: "security", ARN: topicARN}}}
		plan, err := ztcore.NewBaseline("b", c.topic, detection.Detector{}, route).Plan(t.Context(), cloud.Config())
		require.NoError(t, err, name)
		_, err = plan.Apply(t.Context())
		require.NoError(t, err, name)
		_, err = fakeguardduty.PutFinding(cloud, fakeaws.DefaultAccount, fakeaws.DefaultRegion, guarddutytypes.Finding{Type: aws.String("CryptoCurrency:EC2/BitcoinTool.B"), Severity: aws.Float64(8)})
		require.NoError(t, err, name)
		sent := fakeeventbridge.Deliveries(cloud, fakeaws.DefaultAccount, fakeaws.DefaultRegion)
		require.Len(t, sent, 1, name)
		require.Equal(t, c.failure, sent[0].Failure, name)
	}
}
