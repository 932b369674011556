["@charmland/crush", [\
  ["npm:0.94.0", {\
    "packageLocation": "../../.yarn/berry/cache/@charmland-crush-npm-0.94.0-5a95faec8e-10c0.zip/node_modules/@charmland/crush/",\
