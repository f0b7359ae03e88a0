// Hands messages over with nodemailer. Standard input is {"transport": ...,
// "messages": [...]}, standard output becomes what was sent, in base64: a line
// for each message.
'use strict';
const fs = require('fs');
const { Transform } = require('stream');
const nodemailer = require('/usr/share/nodejs/nodemailer');

const { transport, messages } = JSON.parse(fs.readFileSync(0, 'utf8'));
const mailer = nodemailer.createTransport(transport);

// Keeps what goes to the server, before dots are doubled.
mailer.use('stream', (mail, done) => {
  mail.message.processFunc((input) => input.pipe(new Transform({
    transform(chunk, encoding, next) {
      mail.data.sent.push(chunk);
      next(null, chunk);
    },
  })));
  done();
});

Promise.all(messages.map((message) => {
  message.sent = [];
  return mailer.sendMail(message);
}))
  .then(() => {
    for (const message of messages) {
      console.log(Buffer.concat(message.sent).toString('base64'));
    }
    mailer.close();
  })
  .catch((error) => {
    console.error(String(error));
    process.exit(1);
  });
