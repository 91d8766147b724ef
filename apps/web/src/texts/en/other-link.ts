/** Another link was put into the address of a page that is in use. */
const elsewhere = "It opens in another tab as well, and nothing ends.";

export const otherLink = {
  host: {
    own: {
      title: "This is this room’s own link",
      text: `It is for the other devices. Opened here, it turns this page from the host into one more device, and the ring ends. ${elsewhere}`,
    },
    other: {
      title: "Leave this room?",
      text: `The address now names another room. Opened here, it ends this room’s ring; your conversations stay in this browser. ${elsewhere}`,
    },
  },
  donor: {
    own: {
      title: "This device is in that room already",
      text: "Opened here once more, the link takes this device out of the room, and a ring that needs it ends.",
    },
    other: {
      title: "Leave this room?",
      text: `The address now names another room. Opened here, it takes this device out of the one it is in, and a ring that needs it ends. ${elsewhere}`,
    },
  },
  stay: "Stay here",
  go: "Open it here",
};
